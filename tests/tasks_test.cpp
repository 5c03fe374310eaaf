// Stages in one fork: every task once, and none before the stage ahead of it is done, whatever runs the workers.
#include "src/run/tasks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "current_case.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

using internal::BoundExecutor;
using internal::Worker;

/// A stage of `tasks` tasks that counts how often each was run, and how many of them found the stage before unfinished.
/// The counts are plain integers, for ThreadSanitizer to see whether a stage is ordered behind the one before.
class Counted {
 public:
  Counted(std::int64_t tasks, std::int32_t workers, const Counted* before)
      : before_(before), workers_(workers), runs_(static_cast<std::size_t>(tasks)) {}

  void operator()(std::int64_t task, const Worker& worker) const noexcept {
    if (before_ != nullptr && !before_->each_ran_once()) ++early_;
    if (worker.index() < 0 || worker.index() >= workers_) ++strange_;
    // Long enough for the other workers to run out of tasks.
    for (int i = 0; i < 1000; ++i) work_.fetch_add(1, std::memory_order_relaxed);
    ++runs_[static_cast<std::size_t>(task)];
  }

  [[nodiscard]] bool each_ran_once() const noexcept {
    return std::all_of(runs_.begin(), runs_.end(), [](int runs) { return runs == 1; });
  }
  [[nodiscard]] std::int64_t tasks() const noexcept { return static_cast<std::int64_t>(runs_.size()); }

  void expect_done() const {
    EXPECT_EQ(early_, 0) << "tasks began before the stage ahead was done";
    EXPECT_EQ(strange_, 0) << "workers have numbers that there are not";
    EXPECT_TRUE(each_ran_once());
  }

 private:
  const Counted* before_;
  std::int32_t workers_;
  mutable std::vector<int> runs_;
  mutable std::atomic<std::int64_t> early_ = 0, strange_ = 0, work_ = 0;
};

void run_stages(const Executor& executor, std::int32_t workers) {
  const Result<BoundExecutor> bound = BoundExecutor::bind(executor, false);
  ASSERT_TRUE(bound.ok()) << bound.status().message();
  for (const std::int64_t first : {0, 1, 2, 7, 40}) {
    for (const std::int64_t second : {1, 3, 40}) {
      for (const std::int64_t third : {0, 1, 40}) {
        const CurrentCase described(std::to_string(workers) + " workers, tasks " + std::to_string(first) + ", " +
                                    std::to_string(second) + ", " + std::to_string(third));
        const Counted a(first, workers, nullptr);
        const Counted b(second, workers, &a);
        const Counted c(third, workers, &b);
        internal::fork(*bound, workers, [&](Worker& worker) {
          worker.share(first, a);
          worker.share(second, b);
          worker.share(third, c);
        });
        a.expect_done();
        b.expect_done();
        c.expect_done();
      }
    }
  }
}

template <class Pool>
void run_stages_on() {
  for (const std::int32_t workers : {2, 3, 8}) {
    Pool pool(workers);
    run_stages(pool.executor(), workers);
  }
}

TEST(Stages, FollowEachOtherInline) { run_stages(Executor::inline_only(), 1); }

TEST(Stages, FollowEachOtherOnOneTbb) {
  for (const std::int32_t workers : {2, 3, 8}) run_stages(Executor(), workers);
}

TEST(Stages, FollowEachOtherOnThreads) { run_stages_on<RealPool>(); }

// Fewer threads than workers: some begin when the others have returned.
TEST(Stages, FollowEachOtherOnTooFewThreads) {
  RealPool pool(2);
  run_stages(pool.executor(), 5);
}

TEST(Stages, FollowEachOtherWorkerByWorkerBackwards) { run_stages_on<BackwardPool>(); }

// All stages in one fork.
TEST(Stages, ForkOnce) {
  BackwardPool pool(4);
  const Result<BoundExecutor> bound = BoundExecutor::bind(pool.executor(), false);
  ASSERT_TRUE(bound.ok()) << bound.status().message();
  const Counted a(4, 4, nullptr);
  const Counted b(4, 4, &a);
  internal::fork(*bound, 4, [&](Worker& worker) {
    worker.share(a.tasks(), a);
    worker.share(b.tasks(), b);
  });
  EXPECT_EQ(pool.calls, 1);
  EXPECT_EQ(pool.largest_count, 4);
}

}  // namespace
}  // namespace tandem::test
