// Runs in a process that may create no thread, or fewer than oneTBB wants: they end, with the bits of a single thread.
// Each case is a process of its own, since a limit stays.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
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

// A user of whom nobody has heard, who thus has no other process.
uid_t unknown_user() { return 20000U + static_cast<uid_t>(::getpid()) % 40000U; }

// No more than `more` threads beside those that this process has. False where this user cannot be told from others.
bool allow_threads(rlim_t more, rlim_t present) {
  if (::getuid() == 0) {  // root has no limit
    if (::setuid(unknown_user()) != 0) return false;
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

rlim_t threads_of_this_process() {
  rlim_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) count += task.exists() ? 1 : 0;
  return count;
}

class Layer {
 public:
  Layer() : subject_(all_subjects(isas_under_test().front()).front()), tensors_(subject_), arena_(kWanted) {
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
// threads: that the process then has, the first one included.
template <class Limit>
[[noreturn]] void run_limited(bool run_before, const Limit& limit, rlim_t threads) {
  Layer layer;
  bool right = layer.is_shared();
  // In a thread that ends: oneTBB's threads must not end with it, for new ones could not be created.
  const auto run = [&] { std::thread([&] { right = right && layer.runs(); }).join(); };
  if (run_before) run();
  if (!right) std::_Exit(2);
  if (!limit()) std::_Exit(3);
  for (int i = 0; i < 3 && right; ++i) right = layer.runs();
  if (!right) std::_Exit(4);
  if (threads_of_this_process() != threads) std::_Exit(5);
  std::_Exit(0);
}

class ThreadLimitTest : public testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // begins the process anew: this one may have threads already
  }
  /// Whether this process can become such a user: root can, unless its container knows no other users.
  static bool can_count_threads() {
    if (::getuid() != 0) return false;
    const pid_t child = ::fork();
    if (child == 0) std::_Exit(::setuid(unknown_user()) == 0 ? 0 : 1);
    int status = 1;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
  }
};

TEST_F(ThreadLimitTest, NoThreadCanBeCreated) {
  if (::getuid() == 0 && !can_count_threads()) GTEST_SKIP() << "root here can be no other user, and has no limit";
  EXPECT_EXIT(run_limited(false, [] { return allow_threads(0, 1); }, 1), testing::ExitedWithCode(0), "");
}

// One thread is left to the rest of the process, if there are two.
TEST_F(ThreadLimitTest, FewerThanTheArenaWants) {
  if (!can_count_threads()) GTEST_SKIP() << "a user's other processes count as well";
  for (const rlim_t more : {1U, 2U, 6U}) {
    EXPECT_EXIT(run_limited(
                    false, [=] { return allow_threads(more, 1); }, std::max<rlim_t>(more, 2)),
                testing::ExitedWithCode(0), "")
        << more;
  }
}

TEST_F(ThreadLimitTest, AsManyAsTheArenaWants) {
  if (!can_count_threads()) GTEST_SKIP() << "a user's other processes count as well";
  EXPECT_EXIT(
      run_limited(false, [] { return allow_threads(kWanted - 1, 1); }, kWanted), testing::ExitedWithCode(0), "");
}

// The first run makes oneTBB create all threads, so that the limit comes too late to matter.
TEST_F(ThreadLimitTest, TheLimitComesAfterARun) {
  if (!can_count_threads()) GTEST_SKIP() << "a user's other processes count as well";
  EXPECT_EXIT(run_limited(true, [] { return allow_threads(0, kWanted); }, kWanted), testing::ExitedWithCode(0), "");
}

TEST_F(ThreadLimitTest, NoAddressSpaceForAStack) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "the sanitizer needs address space itself";
  EXPECT_EXIT(run_limited(false, allow_no_stack, 1), testing::ExitedWithCode(0), "");
}

// An arena of the caller's is a use of oneTBB that Tandem cannot end.
TEST_F(ThreadLimitTest, EndedWorkersStartAnew) {
  for (int i = 0; i < 3; ++i) {
    {
      Layer layer;
      ASSERT_TRUE(layer.runs());
      EXPECT_EQ(threads_of_this_process(), kWanted);
      EXPECT_FALSE(end_workers());
      ASSERT_TRUE(layer.runs());
    }
    EXPECT_TRUE(end_workers());
    EXPECT_EQ(threads_of_this_process(), 1U);
    EXPECT_TRUE(end_workers());
  }
}

#endif

TEST(EndWorkersTest, DoesNothingWhereThereAreNone) {
  EXPECT_EXIT(std::_Exit(end_workers() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace tandem::test
