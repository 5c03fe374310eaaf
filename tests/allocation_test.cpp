// run() allocates nothing, on any thread, and on the calling thread alone locks nothing.
#include <gtest/gtest.h>

#if TANDEM_TEST_WITH_TBB
#include <oneapi/tbb/cache_aligned_allocator.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "allocation_counter.hpp"
#include "current_case.hpp"
#include "elements.hpp"
#include "int8/int8_block.hpp"
#include "int8/int8_squeeze_excite.hpp"
#include "isas.hpp"
#include "random.hpp"
#include "subjects.hpp"
#include "tandem/sequence.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

// oneTBB starts its threads when there is work for them, and a thread that starts allocates. So does the first fork
// from each slot of the arena: the executor's affair, not the library's. Returns when each slot has a thread at work at
// the same time that has forked, or after a while.
void start_all_workers() {
#if TANDEM_TEST_WITH_TBB
  const int workers = tbb::this_task_arena::max_concurrency();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::atomic<int> at_work{0};
  std::atomic<int> forked{0};
  tbb::parallel_for(
      0, workers,
      [&](int) {
        ++at_work;
        while (at_work < workers && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        tbb::parallel_invoke([] {}, [] {});
        ++forked;
        while (forked < workers && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      },
      tbb::simple_partitioner());
#endif
}

// Elsewhere than on x86, oneTBB 2021.8 itself allocates whenever it forks: a place for the floating-point environment.
#if TANDEM_TEST_WITH_TBB && !defined(__x86_64__)
constexpr bool kTbbAllocates = true;
#else
constexpr bool kTbbAllocates = false;
#endif

class AllocationTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!resource_count_works()) GTEST_SKIP() << "this sanitizer replaces malloc itself, so it cannot be counted";
  }

  static constexpr int kRuns = 3;

  /// Whatever way the layer is run.
  static void expect_none(const Subject& subject, PlanOptions options, bool may_lock) {
    const Result<Plan> chosen = subject.op.plan(subject.input, options);
    ASSERT_TRUE(chosen.ok()) << chosen.status().message();
    for (; options.candidate <= chosen->report().candidates; options.candidate += list_step()) {
      expect_none_of_one(subject, options, may_lock);
    }
  }

  static void expect_none_of_one(const Subject& subject, const PlanOptions& options, bool may_lock) {
    const CurrentCase described(text(subject.name, ", ", options.threads, " threads"));
    const Result<Plan> plan = subject.op.plan(subject.input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const Tensors tensors(subject);
    Workspace workspace(*plan);
    std::vector<float> dst(static_cast<std::size_t>(plan->output_shape().elements()));
    const RunArgs args = arguments(tensors, dst, workspace);

    ASSERT_TRUE(plan->run(args).ok());
    const ResourceCount before = resource_count();
    bool ok = true;
    for (int i = 0; i < kRuns; ++i) ok = plan->run(args).ok() && ok;
    const ResourceCount after = resource_count();
    EXPECT_TRUE(ok);
    EXPECT_EQ(after.allocations - before.allocations, 0) << "in " << kRuns << " runs of " << plan->explain();
    if (!may_lock) {
      EXPECT_EQ(after.locks - before.locks, 0) << "in " << kRuns << " runs of " << plan->explain();
    }
  }
};

void expect_none_quantised(const Result<Operator>& op, const Shape& input, DataType type,
                           const std::vector<float>& integers) {
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Result<Plan> plan = op->plan(input, {1, Executor::inline_only()});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  Workspace workspace(*plan);
  const std::vector<std::byte> src = encoded(type, integers);
  std::vector<float> dst(static_cast<std::size_t>(plan->output_shape().elements()));  // room for any type
  RunArgs args;
  args.src = src.data();
  args.dst = dst.data();
  args.workspace = workspace.data();
  ASSERT_TRUE(plan->run(args).ok());
  const ResourceCount before = resource_count();
  const bool ok = plan->run(args).ok();
  const ResourceCount after = resource_count();
  EXPECT_TRUE(ok);
  EXPECT_EQ(after.allocations - before.allocations, 0);
  EXPECT_EQ(after.locks - before.locks, 0);
}
// first: the stage that reads the input.
void expect_none_quantised(const Result<Operator>& op, const int8::Case& first) {
  expect_none_quantised(op, first.input, first.params.src_type.type, first.src);
}

TEST_P(AllocationTest, OnTheCallingThread) {
  for (const Subject& subject : subjects(GetParam())) expect_none(subject, {1, Executor::inline_only()}, false);
}

TEST_P(AllocationTest, QuantisedLayers) {
  for (const std::uint64_t seed : sweep(40).seeds()) {
    Random random(seed);
    const int8::Case c = int8::draw(random, vector_floats(GetParam()));
    const CurrentCase described(text("seed ", seed, ": ", c));
    expect_none_quantised(int8::create(c, GetParam().c_str(), Placement::kEndsAtGuard), c);
  }
}

TEST_P(AllocationTest, QuantisedSqueezeExcites) {
  for (const std::uint64_t seed : sweep(20).seeds()) {
    Random random(seed);
    const int8::SqueezeExcite s = int8::draw_squeeze_excite(random, vector_floats(GetParam()));
    const CurrentCase described(text("seed ", seed, ": ", s));
    expect_none_quantised(int8::create(s, GetParam().c_str(), Placement::kEndsAtGuard), s.input, s.params.src_type.type,
                          s.src);
  }
}

TEST_P(AllocationTest, QuantisedBlocks) {
  for (const std::uint64_t seed : sweep(20).seeds()) {
    Random random(seed);
    const int8::Block b = int8::draw_block(random, vector_floats(GetParam()));
    const CurrentCase described(text("seed ", seed, ": ", b));
    expect_none_quantised(int8::create(b, GetParam().c_str(), Placement::kEndsAtGuard), b.first());
  }
}

TEST_P(AllocationTest, OnTheDefaultExecutor) {
  start_all_workers();
  for (const Subject& subject : subjects(GetParam())) {
    expect_none(subject, {1, Executor()}, false);
    if (kTbbAllocates) continue;
    for (const std::int32_t threads : {2, 8}) expect_none(subject, {threads, Executor()}, true);
  }
}

TEST_P(AllocationTest, OnAPoolOfEightThreads) {
  RealPool pool(8);
  for (const Subject& subject : subjects(GetParam())) expect_none(subject, {8, pool.executor()}, true);
}

TEST_P(AllocationTest, ASequenceOfAllOperators) {
  const std::vector<Subject> layers = subjects(GetParam());
  RealPool pool(3);
  std::vector<Plan> plans;
  for (const Subject& layer : layers) {
    const Result<Plan> plan = layer.op.plan(layer.input, {3, pool.executor()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    plans.push_back(*plan);
  }
  const Result<Sequence> sequence = Sequence::create(plans);
  ASSERT_TRUE(sequence.ok()) << sequence.status().message();
  std::vector<Tensors> tensors(layers.begin(), layers.end());
  std::vector<Workspace> workspaces(plans.begin(), plans.end());
  std::vector<std::vector<float>> outputs;
  std::vector<RunArgs> args;
  for (const Plan& plan : plans) outputs.emplace_back(static_cast<std::size_t>(plan.output_shape().elements()));
  for (std::size_t i = 0; i < plans.size(); ++i) args.push_back(arguments(tensors[i], outputs[i], workspaces[i]));

  ASSERT_TRUE(sequence->run(args).ok());
  const ResourceCount before = resource_count();
  const Status status = sequence->run(args);
  EXPECT_EQ(resource_count().allocations, before.allocations);
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST_P(AllocationTest, ArgumentsThatAreRefused) {
  for (const Subject& subject : subjects(GetParam())) {
    const Result<Plan> plan = subject.op.plan(subject.input);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const ResourceCount before = resource_count();
    const Status status = plan->run({});
    EXPECT_EQ(resource_count().allocations, before.allocations);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, AllocationTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

// The tests above are worth what the counter is worth.
TEST(AllocationCounter, CountsEachWayToMemoryAndLocks) {
  if (!resource_count_works()) GTEST_SKIP() << "this sanitizer replaces malloc itself, so it cannot be counted";
  const auto allocations_of = [](auto&& act) {
    const ResourceCount before = resource_count();
    act();
    return resource_count().allocations - before.allocations;
  };
  void* volatile memory = nullptr;  // volatile: no compiler may leave an allocation out
  const auto counted = [&](auto&& allocate) {
    const std::int64_t count = allocations_of([&] { memory = allocate(); });
    std::free(memory);
    return count;
  };
  EXPECT_GE(counted([] { return std::malloc(100); }), 1);
  EXPECT_GE(counted([] { return std::calloc(10, 10); }), 1);
  EXPECT_GE(counted([] { return std::aligned_alloc(64, 128); }), 1);
  EXPECT_GE(counted([] { return static_cast<void*>(::operator new(100)); }), 1);
  EXPECT_GE(counted([] { return ::operator new(128, std::align_val_t(64)); }), 1);
#if TANDEM_TEST_WITH_TBB
  tbb::cache_aligned_allocator<char> tbb_allocator;
  EXPECT_GE(allocations_of([&] { memory = tbb_allocator.allocate(100); }), 1);
  tbb_allocator.deallocate(static_cast<char*>(memory), 100);
#endif

  std::mutex mutex;
  const ResourceCount before = resource_count();
  {
    const std::lock_guard lock(mutex);
  }
  EXPECT_GE(resource_count().locks - before.locks, 1);
}

}  // namespace
}  // namespace tandem::test
