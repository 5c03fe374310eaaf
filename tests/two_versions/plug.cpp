// One of two plug-ins of a program, each with a Tandem of its own inside: runs a convolution and says which Tandem it
// has. Compiled as its author would do it who never heard of symbol visibility.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tandem/tandem.h"
#include "tandem/tandem.hpp"

namespace {

constexpr int kSize = 40;      // rows and columns of the input: enough for two workers
constexpr int kChannels = 16;  // of the input and the output
constexpr int kOut = kSize - 2;

std::vector<float> small_integers(std::size_t count, int modulus) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(static_cast<int>(i) % modulus - modulus / 2);
  return values;
}

// Sums of small integers are exact, so every ISA and every version has these bits.
std::vector<float> expected(const std::vector<float>& src, const std::vector<float>& filter) {
  std::vector<float> dst;
  for (int y = 0; y < kOut; ++y) {
    for (int x = 0; x < kOut; ++x) {
      for (int m = 0; m < kChannels; ++m) {
        float sum = 0.0F;
        for (int tap = 0; tap < 9; ++tap) {
          const int pixel = (y + tap / 3) * kSize + x + tap % 3;
          for (int c = 0; c < kChannels; ++c) {
            sum += src[static_cast<std::size_t>(pixel * kChannels + c)] *
                   filter[static_cast<std::size_t>((m * kChannels + c) * 9 + tap)];
          }
        }
        dst.push_back(sum);
      }
    }
  }
  return dst;
}

tandem::Executor two_threads() {
  tandem::ThreadPool pool;
  pool.concurrency = [](void*) { return 2; };
  pool.parallel = [](void*, std::int32_t count, tandem::WorkerFunction worker, void* context) {
    std::vector<std::thread> threads;
    for (std::int32_t i = 1; i < count; ++i) threads.emplace_back(worker, context, i);
    worker(context, 0);
    for (std::thread& thread : threads) thread.join();
  };
  return tandem::Executor::pool(pool);
}

std::string convolve(const tandem::Executor& executor, std::int32_t workers, bool all_of_them) {
  const std::vector<float> filter = small_integers(9 * kChannels * kChannels, 5);
  const std::vector<float> src = small_integers(kSize * kSize * kChannels, 7);
  tandem::Conv2dParams params;
  params.in_channels = params.out_channels = kChannels;
  params.kernel_h = params.kernel_w = 3;
  if (tandem::Operator::conv2d(params, {}).ok()) return "a filter without values was accepted";
  const tandem::Result<tandem::Operator> op = tandem::Operator::conv2d(params, {filter});
  if (!op) return op.status().message();

  tandem::PlanOptions options;
  options.threads = workers;
  options.executor = executor;
  options.machine.multiply_adds = 1e6;  // so slow that a second worker pays
  const tandem::Result<tandem::Plan> plan = op->plan({1, kSize, kSize, kChannels}, options);
  if (!plan) return plan.status().message();
  if (all_of_them && plan->threads() != workers) return std::string("not shared as it should be: ") + plan->explain();

  std::vector<float> dst(kOut * kOut * kChannels, -1.0F);
  const std::size_t bytes = (plan->workspace_bytes() / 64 + 1) * 64;
  const std::unique_ptr<void, void (*)(void*)> workspace(std::aligned_alloc(64, bytes), std::free);
  const tandem::Status status = plan->run(src.data(), dst.data(), workspace.get());
  if (!status.ok()) return status.message();
  return dst == expected(src, filter) ? "" : "the result is wrong";
}

}  // namespace

extern "C" {

// What the C++ and the C interface say.
const char* plug_version() { return tandem::version(); }
const char* plug_c_version() { return tandem_version(); }

// Null when all was right, else what was wrong.
const char* plug_run() {
  static std::string wrong;
  for (const std::int32_t workers : {1, 2}) {
    for (const bool own_pool : {false, true}) {
      wrong = convolve(own_pool ? two_threads() : tandem::Executor(), workers, own_pool);
      if (!wrong.empty()) return wrong.c_str();
    }
  }
  return nullptr;
}
}
