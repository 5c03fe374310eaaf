// What run() asks of an executor: how often, with how many workers, in which order does not matter.
#include "tandem/executor.hpp"

#if TANDEM_TEST_WITH_TBB
#include <oneapi/tbb/task_arena.h>
#endif

#include <set>
#include <thread>

#include "current_case.hpp"
#include "isas.hpp"
#include "machines.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

class ExecutorTest : public testing::Test {
 protected:
  const std::string isa_ = isas_under_test().front();
  const std::vector<Subject> subjects_ = subjects(isa_);
};

TEST_F(ExecutorTest, APoolIsAskedForAtMostThePlansThreads) {
  for (const Subject& subject : subjects_) {
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    for (const std::int32_t threads : {0, 1, 2, 3, 5, 100}) {
      BackwardPool pool(5);
      const Result<Plan> plan = subject.op.plan(subject.input, {threads, pool.executor()});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      EXPECT_GE(plan->threads(), 1);
      EXPECT_LE(plan->threads(), threads == 0 ? 5 : std::min(threads, 5));
      EXPECT_EQ(pool.calls, 0) << "plan() ran something";
      run_once(subject, tensors, {threads, pool.executor()});
      EXPECT_LE(pool.largest_count, plan->threads());
      if (plan->threads() == 1) {
        EXPECT_EQ(pool.calls, 0) << "one thread is the calling one, without the pool";
      } else {
        EXPECT_GE(pool.calls, 1);
      }
    }
  }
}

// What a run keeps for each worker lies on its stack, so there is a limit to them; it must not be the pool's to keep.
TEST_F(ExecutorTest, APoolOfAThousandIsUsedInPart) {
  const std::vector<float> values(64 * 64, 0.5F);
  const Result<Operator> op = Operator::pointwise({64, 64, Activation::none(), false}, {values}, {isa_.c_str()});
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Subject subject = {"pointwise", *op, {1, 160, 160, 64}, false, true};
  BackwardPool pool(1000);
  const PlanOptions options{0, pool.executor(), 0, sharing()};
  const Result<Plan> plan = op->plan(subject.input, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_GT(plan->threads(), 128) << plan->explain();
  ASSERT_LE(plan->threads(), 256) << plan->explain();
  const Tensors tensors(subject);
  EXPECT_EQ(
      first_difference(run_once(subject, tensors, options), run_once(subject, tensors, {1, Executor::inline_only()})),
      -1);
}

TEST_F(ExecutorTest, SmallLayersDoNotFork) {
  for (const Subject& subject : subjects_) {
    if (subject.name.find("small") == std::string::npos) continue;
    BackwardPool pool(8);
    const Result<Plan> plan = subject.op.plan(subject.input, {8, pool.executor(), 0, usual()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(plan->threads(), 1) << subject.name << ": " << plan->explain();
  }
}

TEST_F(ExecutorTest, InlineIsOneThread) {
  for (const Subject& subject : subjects_) {
    const Result<Plan> plan = subject.op.plan(subject.input, {8, Executor::inline_only()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(plan->threads(), 1);
  }
}

TEST_F(ExecutorTest, FunctionsOfAPoolMustBeSet) {
  const Subject& subject = subjects_.front();
  ThreadPool whole;
  whole.concurrency = [](void*) -> std::int32_t { return 2; };
  whole.parallel = [](void*, std::int32_t, WorkerFunction, void*) {};
  EXPECT_TRUE(subject.op.plan(subject.input, {0, Executor::pool(whole)}).ok());

  ThreadPool part = whole;
  part.concurrency = nullptr;
  expect_refused("no concurrency", subject.op.plan(subject.input, {0, Executor::pool(part)}).status(),
                 StatusCode::kInvalidArgument, {"concurrency"});
  part = whole;
  part.parallel = nullptr;
  expect_refused("no parallel", subject.op.plan(subject.input, {0, Executor::pool(part)}).status(),
                 StatusCode::kInvalidArgument, {"parallel"});
}

TEST_F(ExecutorTest, APoolNeedsAWorker) {
  const Subject& subject = subjects_.front();
  for (const std::int32_t workers : {0, -3}) {
    BackwardPool pool(workers);
    expect_refused("workers", subject.op.plan(subject.input, {0, pool.executor()}).status(),
                   StatusCode::kInvalidArgument, {"concurrency", std::to_string(workers)});
  }
}

TEST_F(ExecutorTest, APoolThatClaimsVeryManyWorkers) {
  BackwardPool pool(1'000'000);
  for (const Subject& subject : subjects_) {
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
    EXPECT_EQ(first_difference(run_once(subject, tensors, {0, pool.executor()}), alone), -1);
  }
}

TEST_F(ExecutorTest, ARunUsesAtMost256Workers) {
  BackwardPool pool(1'000'000);
  PointwiseParams params;
  params.in_channels = params.out_channels = 64;
  const std::vector<float> filter(64 * 64, 1.0F);
  CreateOptions options;
  options.isa = isa_.c_str();
  const Result<Operator> op = Operator::pointwise(params, {filter}, options);
  ASSERT_TRUE(op.ok()) << op.status().message();
  for (const std::int32_t threads : {0, 257, 1'000'000}) {
    const Result<Plan> plan =
        op->plan({1, 2048, 2048, 64}, {threads, pool.executor(), 0, sharing()});  // work for thousands
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(plan->threads(), 256);
  }
}

TEST_F(ExecutorTest, APoolsOwnStateReachesItsFunctions) {
  BackwardPool first(2);
  BackwardPool second(2);
  const Subject& subject = subjects_.front();
  const Tensors tensors(subject);
  run_once(subject, tensors, {2, first.executor(), 0, sharing()});
  EXPECT_GE(first.calls, 1);
  EXPECT_EQ(second.calls, 0);
}

// All that an Executor asks of an arena.
struct OwnArena {
  int max_concurrency() { return workers; }
  template <class Function>
  void execute(const Function& function) {
    ++calls;
    function();
  }
  int workers = 2;
  int calls = 0;
};

TEST_F(ExecutorTest, AnArenaIsEnteredOrSaidToBeUnsupported) {
  OwnArena arena;
  const Subject& subject = subjects_.front();
  const PlanOptions options{0, Executor::arena(arena), 0, sharing()};
  const Result<Plan> plan = subject.op.plan(subject.input, options);
#if TANDEM_TEST_WITH_TBB
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->threads(), 2);
  const Tensors tensors(subject);
  const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
  EXPECT_EQ(first_difference(run_once(subject, tensors, options), alone), -1);
  EXPECT_GE(arena.calls, 1);
#else
  expect_refused("arena", plan.status(), StatusCode::kUnsupported, {"TBB"});
  EXPECT_EQ(arena.calls, 0);
#endif
}

#if TANDEM_TEST_WITH_TBB
TEST_F(ExecutorTest, AnArenasConcurrencyLimitsThePlan) {
  for (const int workers : {1, 2, 6}) {
    tbb::task_arena arena(workers);
    for (const Subject& subject : subjects_) {
      const Result<Plan> plan = subject.op.plan(subject.input, {0, Executor::arena(arena)});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      EXPECT_LE(plan->threads(), workers);
    }
  }
}

TEST_F(ExecutorTest, TheDefaultExecutorOffersThisThreadsArena) {
  const auto widest = [&] {
    std::int32_t threads = 0;
    for (const Subject& subject : subjects_) {
      const PlanOptions options{0, Executor(), 0, sharing()};
      threads = std::max(threads, subject.op.plan(subject.input, options)->threads());
    }
    return threads;
  };
  for (const int workers : {1, 2, 3}) {
    tbb::task_arena arena(workers);
    arena.execute([&] { EXPECT_EQ(widest(), workers); });
  }
}
#else
TEST_F(ExecutorTest, TheDefaultExecutorIsInline) {
  for (const Subject& subject : subjects_) EXPECT_EQ(subject.op.plan(subject.input)->threads(), 1);
}
#endif

}  // namespace
}  // namespace tandem::test
