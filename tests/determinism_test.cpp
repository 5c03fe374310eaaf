// The same bits for any number of threads on any executor, for every way to run a layer, for a batch and its images
// alone, and for repeated runs, in every type.
#include <gtest/gtest.h>

#if TANDEM_TEST_WITH_TBB
#include <oneapi/tbb/task_arena.h>
#endif

#include <map>
#include <string>
#include <vector>

#include "current_case.hpp"
#include "machines.hpp"
#include "random.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"
#include "typed_isas.hpp"

namespace tandem::test {
namespace {

class DeterminismTest : public testing::TestWithParam<TypedIsa> {
 protected:
  /// The subjects, created once for all tests.
  static const std::vector<Subject>& list() {
    static std::map<std::string, std::vector<Subject>> made;
    std::vector<Subject>& all = made[testing::PrintToString(GetParam())];
    if (all.empty()) all = subjects(GetParam());
    return all;
  }

  /// Sizes of a pool to try, and threads. The type has no part in how workers come to their tasks: one size and two numbers
  /// of threads are enough where not all is fp32.
  static std::vector<std::int32_t> workers_of(const std::vector<std::int32_t>& all) {
    return GetParam().f32() ? all : std::vector<std::int32_t>{all[1]};
  }
  static std::vector<std::int32_t> threads() {
    return GetParam().f32() ? std::vector<std::int32_t>{1, 2, 3, 8, 0} : std::vector<std::int32_t>{3, 8};
  }

  /// Every subject, with several threads on this executor, against the calling thread alone. They are planned for a machine
  /// where it pays to share them.
  void expect_same_bits(const Executor& executor) const {
    for (const Subject& subject : list()) {
      const CurrentCase described(subject.name);
      const EncodedTensors tensors(subject, Tensors(subject));
      const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
      for (const std::int32_t count : threads()) {
        const CurrentCase shared(text(count, " threads"));
        EXPECT_EQ(first_difference(run_once(subject, tensors, {count, executor, 0, sharing()}), alone), -1);
      }
    }
  }
};

TEST_P(DeterminismTest, OnAPoolOfEightThreads) {
  RealPool pool(8);
  expect_same_bits(pool.executor());
}

TEST_P(DeterminismTest, OnWorkersThatRunBackwards) {
  for (const std::int32_t workers : workers_of({2, 5, 64})) {
    BackwardPool pool(workers);
    expect_same_bits(pool.executor());
  }
}

TEST_P(DeterminismTest, OnTheDefaultExecutor) { expect_same_bits(Executor()); }

#if TANDEM_TEST_WITH_TBB
TEST_P(DeterminismTest, InTheCallersArena) {
  for (const std::int32_t workers : workers_of({1, 3, 8})) {
    tbb::task_arena arena(workers);
    expect_same_bits(Executor::arena(arena));
  }
}
#endif

TEST_P(DeterminismTest, EveryCandidate) {
  BackwardPool pool(8);
  for (const Subject& subject : list()) {
    const CurrentCase described(subject.name);
    const EncodedTensors tensors(subject, Tensors(subject));
    const std::vector<float> chosen = run_once(subject, tensors, {1, Executor::inline_only()});
    for (const std::int32_t threads : {1, 8}) {
      PlanOptions options{threads, pool.executor(), 0, usual()};
      const std::int32_t candidates = subject.op.plan(subject.input, options).value().report().candidates;
      for (options.candidate = 1; options.candidate <= candidates; options.candidate += list_step()) {
        EXPECT_EQ(first_difference(run_once(subject, tensors, options), chosen), -1)
            << threads << " threads, candidate " << options.candidate;
      }
    }
  }
}

// Without this the tests above could compare one thread with itself.
TEST_P(DeterminismTest, LargeLayersAreShared) {
  BackwardPool pool(8);
  for (const Subject& subject : list()) {
    if (!subject.large) continue;
    const Result<Plan> plan = subject.op.plan(subject.input, {8, pool.executor(), 0, sharing()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_GT(plan->threads(), 1) << subject.name << ": " << plan->explain();
  }
}

TEST_P(DeterminismTest, RunningAgainInAUsedWorkspace) {
  for (const Subject& subject : list()) {
    const CurrentCase described(subject.name);
    const EncodedTensors tensors(subject, Tensors(subject));
    const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    Workspace workspace(*plan);
    const std::vector<float> first = run_plan(subject, *plan, tensors, workspace);
    EXPECT_EQ(first_difference(run_plan(subject, *plan, tensors, workspace), first), -1);
  }
}

TEST_P(DeterminismTest, ABatchIsItsImages) {
  for (Subject subject : list()) {
    if (subject.input.h > 60) continue;  // more of the same, and slow
    const CurrentCase described(subject.name);
    subject.input.n = 3;
    const Tensors batch(subject);
    const std::vector<float> together = run_once(subject, batch, {8, Executor()});

    subject.input.n = 1;
    std::vector<float> one_by_one;
    for (int image = 0; image < 3; ++image) {
      const auto third = [&](const std::vector<float>& all) {
        const auto size = static_cast<std::ptrdiff_t>(all.size() / 3);
        return std::vector<float>(all.begin() + image * size, all.begin() + (image + 1) * size);
      };
      Tensors alone(subject);
      alone.src = third(batch.src);
      alone.residual = third(batch.residual);
      const std::vector<float> dst = run_once(subject, alone, {1, Executor()});
      one_by_one.insert(one_by_one.end(), dst.begin(), dst.end());
    }
    EXPECT_EQ(first_difference(together, one_by_one), -1);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, DeterminismTest, testing::ValuesIn(typed_isas_under_test()), typed_isa_test_name);

}  // namespace
}  // namespace tandem::test
