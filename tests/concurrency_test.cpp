// One Operator and one Plan used by eight threads at once: each gets the bits of a run alone.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "current_case.hpp"
#include "isas.hpp"
#include "random.hpp"
#include "sanitizers.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

constexpr int kThreads = 8;
// Instrumented kernels are slow, and so are emulated ones.
int rounds() { return kAddressSanitizer || kThreadSanitizer || list_step() > 1 ? 1 : 4; }

/// Starts eight threads that all call work(thread) at the same time, and returns how many returned false.
template <class Work>
int failures_of_eight(const Work& work) {
  std::atomic<int> failures{0};
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      if (!work(t)) ++failures;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failures;
}

bool runs_to(const Plan& plan, const Tensors& tensors, const std::vector<float>& expected) {
  Workspace workspace(plan);
  std::vector<float> dst(expected.size());
  for (int left = rounds(); left > 0; --left) {
    std::fill(dst.begin(), dst.end(), 0.0F);
    if (!plan.run(arguments(tensors, dst, workspace)).ok() || first_difference(dst, expected) != -1) return false;
  }
  return true;
}

class ConcurrencyTest : public testing::TestWithParam<std::string> {};

TEST_P(ConcurrencyTest, OneOperatorPlannedAndRunByEightThreads) {
  for (const Subject& subject : subjects(GetParam())) {
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
    EXPECT_EQ(0, failures_of_eight([&](int) {
                const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
                return plan.ok() && runs_to(*plan, tensors, alone);
              }));
  }
}

TEST_P(ConcurrencyTest, OnePlanRunByEightThreads) {
  for (const Subject& subject : subjects(GetParam())) {
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
    const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(0, failures_of_eight([&](int) { return runs_to(*plan, tensors, alone); }));
  }
}

TEST_P(ConcurrencyTest, OneOperatorOnAPoolOfEachThread) {
  for (const Subject& subject : subjects(GetParam())) {
    if (!subject.large) continue;
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
    EXPECT_EQ(0, failures_of_eight([&](int) {
                RealPool pool(2);
                const Result<Plan> plan = subject.op.plan(subject.input, {0, pool.executor()});
                return plan.ok() && runs_to(*plan, tensors, alone);
              }));
  }
}

TEST_P(ConcurrencyTest, OnePlanOnTheDefaultExecutor) {
  for (const Subject& subject : subjects(GetParam())) {
    const CurrentCase described(subject.name);
    const Tensors tensors(subject);
    const std::vector<float> alone = run_once(subject, tensors, {1, Executor::inline_only()});
    const Result<Plan> plan = subject.op.plan(subject.input, {3, Executor()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(0, failures_of_eight([&](int) { return runs_to(*plan, tensors, alone); }));
  }
}

TEST_P(ConcurrencyTest, OperatorsAreCreatedCopiedAndDestroyedAtOnce) {
  EXPECT_EQ(0, failures_of_eight([&](int t) {
              std::vector<Subject> mine = subjects(GetParam());
              const std::vector<Subject> copies = mine;
              mine.clear();
              for (const Subject& subject : copies) {
                if (subject.large) continue;
                const Tensors tensors(subject);
                const std::vector<float> dst = run_once(subject, tensors, {1 + t % 2, Executor::inline_only()});
                if (dst.empty()) return false;
              }
              return true;
            }));
}

INSTANTIATE_TEST_SUITE_P(Isas, ConcurrencyTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
