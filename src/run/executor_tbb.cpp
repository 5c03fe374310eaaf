// The only file that includes oneTBB.
#include "src/run/executor_tbb.hpp"

#include <dlfcn.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/version.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <thread>

#include "src/run/executor.hpp"
#include "src/run/spin.hpp"
#include "src/run/thread_limit.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

using Clock = std::chrono::steady_clock;

struct Fork {
  WorkerFunction worker;
  void* context;
  std::atomic<std::int32_t> running = 0;  // workers on other threads
};

// Worker 0 runs on the caller's thread. When done it first spins for the other workers, because the wait of oneTBB
// looks for them less and less often: on Zen 4 this saves half a microsecond of each fork. It spins only for a short
// time, and only for workers that have begun.
void work(Fork& fork, std::int32_t index) noexcept {
  if (index == 0) {
    fork.worker(fork.context, 0);
    for (Spin spin; fork.running.load(std::memory_order_acquire) > 0 && !spin.over();) spin.once();
  } else {
    fork.running.fetch_add(1, std::memory_order_relaxed);
    fork.worker(fork.context, index);
    fork.running.fetch_sub(1, std::memory_order_release);
  }
}

// The fork is a binary tree of parallel_invoke over two functions. Its tasks live on the stack; the tasks of
// parallel_for come from an allocator. parallel_invoke spawns its first function and runs the second on the calling
// thread, so worker 0 always runs on the caller's thread.
void work(Fork& fork, std::int32_t first, std::int32_t count) noexcept {
  if (count == 1) return work(fork, first);
  const std::int32_t half = count / 2;
  oneapi::tbb::parallel_invoke([&fork, first, half, count] { work(fork, first + half, count - half); },
                               [&fork, first, half] { work(fork, first, half); });
}

// Isolated: a thread that waits here must not pick up a foreign task. That task might run another Plan of the caller's
// on a workspace that belongs to this thread.
void work_isolated(Fork& fork, std::int32_t count) noexcept {
  oneapi::tbb::this_task_arena::isolate([&] { work(fork, 0, count); });
}

// Lets every worker wait until all have come, so that oneTBB creates a thread for each now.
struct Gathering {
  std::atomic<std::int32_t> missing;
  Clock::time_point deadline;  // oneTBB's threads may be busy elsewhere

  static void come(void* opaque, std::int32_t) {
    Gathering& g = *static_cast<Gathering*>(opaque);
    g.missing.fetch_sub(1, std::memory_order_relaxed);
    while (g.missing.load(std::memory_order_relaxed) > 0 && Clock::now() < g.deadline) std::this_thread::yield();
  }
};

// Keeps oneTBB's code in memory for the rest of the process: its threads sleep in it, also when Tandem is part of a
// plug-in that is unloaded, and oneTBB with it.
void pin_tbb() noexcept {
  Dl_info tbb;
  if (::dladdr(reinterpret_cast<void*>(&TBB_runtime_version), &tbb) == 0 || tbb.dli_fname == nullptr) return;
  ::dlopen(tbb.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

// The threads of oneTBB, beside the calling one, that Tandem may count on.
//
// oneTBB creates threads when work first needs them, some of them from its own threads, and ends the process where the
// system refuses one. So before the first fork that needs more threads than before, Tandem tries how many can be
// created, and lets oneTBB create these; it keeps them. Where fewer can be created than the arena wants, forks go to an
// arena that wants no more.
class Threads {
 public:
  constexpr Threads() noexcept = default;

  /// Forks over the calling thread's arena, or over what the system allows of it.
  void parallel(Fork& fork, std::int32_t count) noexcept {
    Limited* limited = nullptr;
    if (!find(limited)) return work_in_turn(count, fork.worker, fork.context);
    if (limited == nullptr) return work_isolated(fork, count);
    limited->arena.execute([&] { work_isolated(fork, count); });
  }

  /// Only while no run is in progress. True if no thread of oneTBB is left.
  bool end() noexcept {
    const Lock lock(*this);
    if (!used()) return true;
    while (limited_ != nullptr) {
      const std::unique_ptr<Limited> last(limited_.load());
      limited_ = last->smaller;
    }
    ready_ = 0;
    if (pid_ != ::getpid())
      return true;  // a fork()'s child has none of its parent's threads, and must not wait for them
    try {
      oneapi::tbb::task_scheduler_handle handle{oneapi::tbb::attach()};
      return oneapi::tbb::finalize(handle, std::nothrow);
    } catch (...) {  // no memory for the handle
      return false;
    }
  }

  /// When the code of this library is about to leave memory: a thread that has finished its part of a run may not have
  /// returned from it yet, which takes it some nanoseconds.
  void leave() const noexcept {
    if (used()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  struct Limited {
    Limited(std::int32_t count, Limited* older) : arena(count + 1), threads(count), smaller(older) {}

    oneapi::tbb::task_arena arena;
    std::int32_t threads;
    Limited* smaller;  // an older one, which runs may still use
  };

  // Waits for another thread that creates or ends threads; that takes a millisecond.
  class Lock {
   public:
    explicit Lock(Threads& threads) noexcept : busy_(threads.busy_) {
      while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
    }
    ~Lock() { busy_.clear(std::memory_order_release); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::atomic_flag& busy_;
  };

  [[nodiscard]] bool used() const noexcept { return ready_ > 0 || limited_ != nullptr; }

  // Finds the arena for a fork: null for the calling thread's. False: the calling thread is alone.
  bool find(Limited*& limited) noexcept {
    try {
      using oneapi::tbb::global_control;
      const auto allowed =
          static_cast<std::int32_t>(global_control::active_value(global_control::max_allowed_parallelism));
      const std::int32_t wanted = std::min(tbb_concurrency(), allowed) - 1;
      if (ready_.load(std::memory_order_acquire) < wanted) prepare(wanted);
      if (ready_.load(std::memory_order_acquire) >= wanted) return true;
      limited = limited_.load(std::memory_order_acquire);
      return limited != nullptr;
    } catch (...) {  // no memory for an arena
      return false;
    }
  }

  void prepare(std::int32_t wanted) {
    const Lock lock(*this);
    const Clock::time_point now = Clock::now();
    if (ready_ >= wanted || now < next_attempt_) return;
    next_attempt_ = now + std::chrono::seconds(1);  // the limit may have been lifted by then
    pin_tbb();
    pid_ = ::getpid();
    const std::int32_t threads = creatable_threads(wanted);
    Gathering gathering{threads + 1, Clock::now() + std::chrono::milliseconds(20)};
    Fork fork{Gathering::come, &gathering};
    if (threads == wanted) {
      work_isolated(fork, wanted + 1);
      ready_.store(wanted, std::memory_order_release);
      next_attempt_ = {};
    } else if (threads > 0 && (limited_ == nullptr || limited_.load()->threads < threads)) {
      auto arena = std::make_unique<Limited>(threads, limited_.load());
      arena->arena.execute([&] { work_isolated(fork, threads + 1); });
      limited_.store(arena.release(), std::memory_order_release);
    }
  }

  std::atomic<std::int32_t> ready_ = 0;
  std::atomic<Limited*> limited_ = nullptr;
  std::atomic_flag busy_;
  Clock::time_point next_attempt_;
  pid_t pid_ = 0;
};

// Needs no constructor, so that runs may begin early, and has no destructor, since runs may still go on when a program
// ends.
union Immortal {
  Threads threads;
  constexpr Immortal() noexcept : threads() {}
  ~Immortal() {}  // NOLINT(modernize-use-equals-default)
};
constinit Immortal immortal;

__attribute__((destructor)) void leave() { immortal.threads.leave(); }

}  // namespace

std::int32_t tbb_concurrency() { return oneapi::tbb::this_task_arena::max_concurrency(); }

void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context) noexcept {
  Fork fork{worker, context};
  immortal.threads.parallel(fork, count);
}

bool tbb_end_workers() noexcept { return immortal.threads.end(); }

}  // namespace tandem::inline TANDEM_ABI::internal
