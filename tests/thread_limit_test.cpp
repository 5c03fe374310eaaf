// Runs in a process that may create no thread, or fewer than oneTBB wants: they end, with the bits of a single thread.
// Each case is a process of its own, since a limit stays.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <vector>

#include "creation.hpp"
#include "machines.hpp"
#include "sanitizers.hpp"
#include "subjects.hpp"
#if TANDEM_TEST_WITH_TBB
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace tandem::test {
namespace {

#if TANDEM_TEST_WITH_TBB

constexpr int kWanted = 8;  // workers of the arena; more than many machines have CPUs

// No more than `more` threads beside those that this process has. False where this user cannot be told from others.
bool allow_threads(rlim_t more, rlim_t present) {
  if (::getuid() == 0) {  // root has no limit; a user of whom nobody has heard has no other process
    const uid_t unknown = 1000000U + static_cast<uid_t>(::getpid());
    if (::setuid(unknown) != 0) return false;
  } else if (more > 0) {
    return false;
  }
  const rlimit limit{present + more, present + more};
  return ::setrlimit(RLIMIT_NPROC, &limit) == 0;
}

// No more address space than a small part of a thread's stack.
bool allow_no_stack() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  if (!(statm >> pages)) return false;
  const rlim_t bytes = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (1U << 20U);
  const rlimit limit{bytes, bytes};
  return ::setrlimit(RLIMIT_AS, &limit) == 0;
}

class Layer {
 public:
  Layer() : subject_(subjects(isas_under_test().front()).front()), tensors_(subject_), arena_(kWanted) {
    expected_ = run_once(subject_, tensors_, {1, Executor::inline_only()});
    plan_ = *subject_.op.plan(subject_.input, {0, Executor::arena(arena_), 0, sharing()});
    dst_.resize(expected_.size());
    workspace_.emplace(plan_);
  }
  [[nodiscard]] bool is_shared() const { return plan_.threads() > 2; }
  [[nodiscard]] bool runs() {
    std::fill(dst_.begin(), dst_.end(), -1.0F);
    return plan_.run(arguments(tensors_, dst_, *workspace_)).ok() && first_difference(dst_, expected_) == -1;
  }

 private:
  tbb::global_control more_than_cpus_{tbb::global_control::max_allowed_parallelism, kWanted};
  Subject subject_;
  Tensors tensors_;
  tbb::task_arena arena_;
  std::vector<float> expected_;
  Plan plan_;
  std::vector<float> dst_;
  std::optional<Workspace> workspace_;
};

// Ends the process: 0 if the runs after the limit were right.
template <class Limit>
[[noreturn]] void run_limited(bool run_before, const Limit& limit) {
  Layer layer;
  if (!layer.is_shared() || (run_before && !layer.runs())) std::_Exit(2);
  if (!limit()) std::_Exit(3);
  for (int i = 0; i < 3; ++i) {
    if (!layer.runs()) std::_Exit(4);
  }
  std::_Exit(0);
}

class ThreadLimitTest : public testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // begins the process anew: this one may have threads already
    if (::getuid() != 0) GTEST_SKIP() << "only root can become a user without other processes";
  }
};

TEST_F(ThreadLimitTest, NoThreadCanBeCreated) {
  EXPECT_EXIT(run_limited(false, [] { return allow_threads(0, 1); }), testing::ExitedWithCode(0), "");
}

TEST_F(ThreadLimitTest, FewerThanTheArenaWants) {
  for (const rlim_t more : {1U, 2U, 6U}) {
    EXPECT_EXIT(run_limited(false, [=] { return allow_threads(more, 1); }), testing::ExitedWithCode(0), "") << more;
  }
}

TEST_F(ThreadLimitTest, AsManyAsTheArenaWants) {
  EXPECT_EXIT(run_limited(false, [] { return allow_threads(kWanted - 1, 1); }), testing::ExitedWithCode(0), "");
}

// The first run makes oneTBB create all threads, so that the limit comes too late to matter.
TEST_F(ThreadLimitTest, TheLimitComesAfterARun) {
  EXPECT_EXIT(run_limited(true, [] { return allow_threads(0, kWanted); }), testing::ExitedWithCode(0), "");
}

TEST_F(ThreadLimitTest, NoAddressSpaceForAStack) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "the sanitizer needs address space itself";
  EXPECT_EXIT(run_limited(false, allow_no_stack), testing::ExitedWithCode(0), "");
}

TEST_F(ThreadLimitTest, EndedWorkersStartAnew) {
  Layer layer;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(layer.runs());
    end_workers();
  }
}

#endif

TEST(EndWorkersTest, DoesNothingWhereThereAreNone) {
  EXPECT_EXIT(std::_Exit(end_workers() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tandem::test
