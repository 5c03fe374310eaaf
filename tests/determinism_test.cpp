// The same bits for any number of threads on any executor, for a batch and its images alone, and for repeated runs.
#include <gtest/gtest.h>

#if TANDEM_TEST_WITH_TBB
#include <oneapi/tbb/task_arena.h>
#endif

#include <algorithm>

#include "current_case.hpp"
#include "isas.hpp"
#include "machines.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

class DeterminismTest : public testing::TestWithParam<std::string> {
 protected:
  /// Every subject, with 1, 2, 3 and 8 threads on this executor, against the calling thread alone. They are planned for a
  /// machine where it pays to share them.
  void expect_same_bits(const Executor& executor) const {
    for (const Subject& subject : subjects(GetParam())) {
      const CurrentCase described(subject.name);
      const Tensors tensors(subject);
      const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
      for (const std::int32_t threads : {1, 2, 3, 8, 0}) {
        const CurrentCase shared(text(threads, " threads"));
        EXPECT_EQ(first_difference(run_once(subject, tensors, {threads, executor, 0, sharing()}), alone), -1);
      }
    }
  }
};

TEST_P(DeterminismTest, OnAPoolOfEightThreads) {
  RealPool pool(8);
  expect_same_bits(pool.executor());
}

TEST_P(DeterminismTest, OnWorkersThatRunBackwards) {
  for (const std::int32_t workers : {2, 5, 64}) {
    BackwardPool pool(workers);
    expect_same_bits(pool.executor());
  }
}

TEST_P(DeterminismTest, OnTheDefaultExecutor) { expect_same_bits(Executor()); }

#if TANDEM_TEST_WITH_TBB
TEST_P(DeterminismTest, InTheCallersArena) {
  for (const int workers : {1, 3, 8}) {
    tbb::task_arena arena(workers);
    expect_same_bits(Executor::arena(arena));
  }
}
#endif

// Without this the tests above could compare one thread with itself.
TEST_P(DeterminismTest, LargeLayersAreShared) {
  BackwardPool pool(8);
  for (const Subject& subject : subjects(GetParam())) {
    if (!subject.large) continue;
    const Result<Plan> plan = subject.op.plan(subject.input, {8, pool.executor(), 0, sharing()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_GT(plan->threads(), 1) << subject.name << ": " << plan->explain();
  }
}

TEST_P(DeterminismTest, RunningAgainInAUsedWorkspace) {
  for (const Subject& subject : subjects(GetParam())) {
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    Workspace workspace(*plan);
    std::vector<float> first(static_cast<std::size_t>(plan->output_shape().elements()));
    std::vector<float> again(first.size());
    ASSERT_TRUE(plan->run(arguments(tensors, first, workspace)).ok());
    ASSERT_TRUE(plan->run(arguments(tensors, again, workspace)).ok());
    EXPECT_EQ(first_difference(again, first), -1);
  }
}

TEST_P(DeterminismTest, ABatchIsItsImages) {
  for (Subject& subject : subjects(GetParam())) {
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

INSTANTIATE_TEST_SUITE_P(Isas, DeterminismTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
