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
#include <exception>
#include <memory>
#include <new>
#include <optional>
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
  std::atomic<bool> begun = false;        // some worker has
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
// on a workspace that belongs to this thread. Throws std::bad_alloc before any worker has begun: the first call of a
// thread makes oneTBB allocate an arena for it.
void work_isolated(Fork& fork, std::int32_t count) {
  oneapi::tbb::this_task_arena::isolate([&] {
    fork.begun.store(true, std::memory_order_relaxed);
    work(fork, 0, count);
  });
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
// system refuses one. All arenas together want as many as global_control allows. So before its first fork Tandem tries
// whether so many can be created, and lets oneTBB create those of this arena. A task_scheduler_handle keeps them when
// the threads that called run() end. Where the system refuses some, forks go to an arena of Tandem's own that wants no
// more than there may be.
class Threads {
 public:
  constexpr Threads() noexcept = default;

  /// arena: of the caller; null for that of the calling thread.
  void parallel(Fork& fork, std::int32_t count, const CallersArena* arena) noexcept {
    try {
      Limited* limited = nullptr;
      switch (find((arena != nullptr ? arena->concurrency : tbb_concurrency()) - 1, limited)) {
        case Where::kArena:
          return arena != nullptr ? enter(*arena, fork, count) : work_isolated(fork, count);
        case Where::kLimited:
          return limited->arena.execute([&] { work_isolated(fork, count); });
        case Where::kAlone:
          break;
      }
    } catch (...) {                      // no memory for an arena, or to enter it
      if (fork.begun) std::terminate();  // oneTBB throws before that, or never
    }
    work_in_turn(count, fork.worker, fork.context);
  }

  /// Only while no run is in progress. True if no thread of oneTBB is left, or Tandem has never used one.
  bool end() noexcept {
    // The child of a fork() has none of its parent's threads, and must not wait for them.
    if (!used_ || pid_ != ::getpid()) return true;
    while (!begin_change()) std::this_thread::yield();
    while (limited_ != nullptr) {
      const std::unique_ptr<Limited> last(limited_.load());
      limited_ = last->smaller;
    }
    ready_ = 0;
    next_attempt_ = 0;
    bool ended = false;
    try {
      if (!handle_) handle_.emplace(oneapi::tbb::attach());
      ended = oneapi::tbb::finalize(*handle_, std::nothrow);
    } catch (...) {
      ended = false;  // no memory for the handle
    }
    handle_.reset();
    used_ = !ended;
    end_change();
    return ended;
  }

  /// When the code of this library is about to leave memory, or the program ends. A thread that has finished its part
  /// of a run may not have returned from it yet, which takes it some nanoseconds. The handle stays: when a program
  /// ends, oneTBB may have destroyed the objects already that it needs to take it back.
  void leave() const noexcept {
    if (used_ && pid_ == ::getpid()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  enum class Where { kArena, kLimited, kAlone };

  struct Limited {
    Limited(std::int32_t count, Limited* older) : arena(count + 1), threads(count), smaller(older) {}

    oneapi::tbb::task_arena arena;
    std::int32_t threads;
    Limited* smaller;  // an older one, which runs may still use
  };

  // One thread at a time creates or ends threads.
  bool begin_change() noexcept { return !changing_.test_and_set(std::memory_order_acquire); }
  void end_change() noexcept { changing_.clear(std::memory_order_release); }

  static void enter(const CallersArena& arena, Fork& fork, std::int32_t count) {
    struct Call {
      Fork& fork;
      std::int32_t count;
    } call{fork, count};
    arena.execute(
        arena.executor,
        [](void* opaque) {
          const Call& c = *static_cast<const Call*>(opaque);
          work_isolated(c.fork, c.count);
        },
        &call);
  }

  // slots: threads that the fork's arena has room for, beside the calling one.
  Where find(std::int32_t slots, Limited*& limited) {
    using oneapi::tbb::global_control;
    if (ready_.load(std::memory_order_acquire) >= slots) return Where::kArena;
    // Asks under a lock of oneTBB's, so only here.
    const auto wanted =
        static_cast<std::int32_t>(global_control::active_value(global_control::max_allowed_parallelism)) - 1;
    if (ready_.load(std::memory_order_acquire) >= std::min(slots, wanted)) return Where::kArena;
    const std::int64_t now = Clock::now().time_since_epoch().count();
    // While another thread creates them, this fork does without.
    if (now >= next_attempt_.load(std::memory_order_relaxed) && begin_change()) {
      try {
        prepare(slots, wanted, now);
      } catch (...) {
        end_change();
        throw;
      }
      end_change();
    }
    if (ready_.load(std::memory_order_acquire) >= std::min(slots, wanted)) return Where::kArena;
    limited = limited_.load(std::memory_order_acquire);
    return limited != nullptr ? Where::kLimited : Where::kAlone;
  }

  void prepare(std::int32_t slots, std::int32_t wanted, std::int64_t now) {
    using oneapi::tbb::global_control;
    // The limit may be lifted later. To try takes all threads that there may be for a moment, so it becomes rare.
    next_attempt_ = now + Clock::duration(pause_).count();
    pause_ = std::min<Clock::duration>(2 * pause_, std::chrono::minutes(1));
    pin_tbb();
    pid_ = ::getpid();
    used_ = true;
    if (!handle_) handle_.emplace(oneapi::tbb::attach());
    std::int32_t threads = creatable_threads(wanted, global_control::active_value(global_control::thread_stack_size));
    if (threads == wanted) {
      Limited all(std::min(slots, wanted), nullptr);
      gather(all);
      ready_.store(wanted, std::memory_order_release);
      next_attempt_ = 0;
      return;
    }
    if (threads > 1) --threads;  // leaves one to the rest of the process
    const Limited* largest = limited_;
    if (threads == 0 || (largest != nullptr && largest->threads >= threads)) return;
    auto arena = std::make_unique<Limited>(threads, limited_.load());
    gather(*arena);
    limited_.store(arena.release(), std::memory_order_release);
  }

  // Makes oneTBB create the threads of an arena.
  static void gather(Limited& limited) {
    const std::int32_t count = limited.threads + 1;
    Gathering gathering{count, Clock::now() + std::chrono::milliseconds(20)};
    Fork fork{Gathering::come, &gathering};
    limited.arena.execute([&] { work_isolated(fork, count); });
  }

  std::atomic<std::int32_t> ready_ = 0;  // threads that oneTBB may have, or has
  std::atomic<Limited*> limited_ = nullptr;
  std::atomic_flag changing_;
  std::atomic<std::int64_t> next_attempt_ = 0;  // ticks of the clock
  Clock::duration pause_ = std::chrono::seconds(1);
  std::optional<oneapi::tbb::task_scheduler_handle> handle_;
  std::atomic<bool> used_ = false;
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

void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context, const CallersArena* arena) noexcept {
  Fork fork{worker, context};
  immortal.threads.parallel(fork, count, arena);
}

bool tbb_end_workers() noexcept { return immortal.threads.end(); }

}  // namespace tandem::inline TANDEM_ABI::internal
