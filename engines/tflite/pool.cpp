#include "engines/tflite/pool.hpp"

#include <algorithm>
#include <system_error>

namespace tandem_tflite {
namespace {

// How often a thread without work looks for some before it sleeps: about 100 microseconds on x86-64. Between two
// subgraphs of one model less passes. To wake a thread takes 5 to 50.
constexpr int kTurns = 2000;

void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");  // yield is a nop on many cores
#endif
}

constexpr std::uint64_t taken_of(std::uint64_t ticket) noexcept { return ticket & 0xFFFF; }
constexpr std::uint64_t count_of(std::uint64_t ticket) noexcept { return ticket >> 16 & 0xFFFF; }
constexpr bool has_work(std::uint64_t ticket) noexcept { return taken_of(ticket) < count_of(ticket); }

}  // namespace

Pool::Pool(std::int32_t threads) {
  helpers_.reserve(static_cast<std::size_t>(std::clamp(threads, 1, kMostThreads) - 1));
  try {
    while (helpers_.size() < helpers_.capacity()) helpers_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {  // the system has no more threads
  }
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  awake_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Pool::parallel(std::int32_t count, tandem::WorkerFunction worker, void* context) noexcept {
  worker_ = worker;
  context_ = context;
  unfinished_.store(count, std::memory_order_relaxed);
  const Ticket runs = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
  // Sequentially consistent, as is what a sleeper does: either it sees this ticket, or this thread sees the sleeper.
  ticket_.store(runs << 32 | static_cast<Ticket>(count) << 16);
  if (sleepers_.load() > 0) {
    {
      const std::lock_guard lock(mutex_);
    }
    awake_.notify_all();
  }
  work();
  for (int turn = 0; unfinished_.load(std::memory_order_acquire) > 0; ++turn) {
    turn < kTurns ? pause() : std::this_thread::yield();
  }
}

void Pool::work() noexcept {
  Ticket ticket = ticket_.load(std::memory_order_acquire);
  while (has_work(ticket)) {
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) continue;
    worker_(context_, static_cast<std::int32_t>(taken_of(ticket)));
    unfinished_.fetch_sub(1, std::memory_order_acq_rel);
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

void Pool::help() noexcept {
  while (wait_for_work()) work();
}

bool Pool::wait_for_work() noexcept {
  for (int turn = 0; turn < kTurns; ++turn) {
    if (has_work(ticket_.load(std::memory_order_acquire))) return true;
    if (ending_.load(std::memory_order_relaxed)) return false;
    pause();
  }
  std::unique_lock lock(mutex_);
  ++sleepers_;
  awake_.wait(lock, [this] { return has_work(ticket_.load()) || ending_.load(); });
  --sleepers_;
  return !ending_;
}

}  // namespace tandem_tflite
