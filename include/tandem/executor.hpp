// Where run() does its work: on oneTBB, on the caller's own pool, or on the calling thread alone.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// One worker's share of a run. A pool calls it exactly once for each index.
using WorkerFunction = void (*)(void* context, std::int32_t index);

/// An engine's own thread pool, as two functions.
struct ThreadPool {
  void* self = nullptr;  ///< handed back to both functions; must outlive every Plan made with it
  /// How many workers may run at the same time, >= 1. Called by plan(). A run uses at most 256 of them.
  std::int32_t (*concurrency)(void* self) = nullptr;
  /// Calls worker(context, i) once for each i in [0, count), on any threads in any order, and returns when all calls
  /// have returned. A worker waits for another worker only while that one runs. So a pool may run the workers one after
  /// the other, in any order: the result is correct, but the run is slow.
  /// run() calls it from its own thread when the plan has two or more workers. Must not throw.
  void (*parallel)(void* self, std::int32_t count, WorkerFunction worker, void* context) = nullptr;
};

/// A value; copies refer to the same pool or arena. A run uses at most 256 workers of any executor.
class Executor {
 public:
  /// oneTBB, in the arena of the thread that calls run(), if the library was built with oneTBB; else inline. Where the
  /// system refuses some of the threads that the arena wants, a run does with those that there are, at least its own.
  Executor() noexcept = default;

  /// The calling thread alone.
  static Executor inline_only() noexcept { return Executor(Kind::kInline); }

  /// The engine's own pool. Both functions must be set (checked by plan()).
  static Executor pool(const ThreadPool& pool) noexcept {
    Executor e(Kind::kPool);
    e.pool_ = pool;
    return e;
  }

  /// oneTBB, inside the caller's `tbb::task_arena`, which must outlive every Plan made with it. A template, so that
  /// this header does not include oneTBB. If the library was built without oneTBB, plan() answers kUnsupported.
  template <class TaskArena>
  static Executor arena(TaskArena& arena) noexcept {
    Executor e(Kind::kArena);
    e.arena_ = &arena;
    e.arena_concurrency_ = [](void* a) {
      TaskArena& own = *static_cast<TaskArena*>(a);
      initialize(own, 0);
      return static_cast<std::int32_t>(own.max_concurrency());
    };
    e.arena_execute_ = [](void* a, void (*function)(void*), void* context) {
      static_cast<TaskArena*>(a)->execute([&] { function(context); });
    };
    return e;
  }

 private:
  friend struct ExecutorAccess;
  // An arena allocates when it is initialised, so plan() does that, which can answer kOutOfMemory.
  template <class TaskArena>
  static auto initialize(TaskArena& arena, int) -> decltype(arena.initialize(), void()) {
    arena.initialize();
  }
  template <class TaskArena>
  static void initialize(TaskArena&, long) noexcept {}

  enum class Kind : std::int32_t { kDefault, kInline, kPool, kArena };
  explicit Executor(Kind kind) noexcept : kind_(kind) {}

  Kind kind_ = Kind::kDefault;
  ThreadPool pool_;
  void* arena_ = nullptr;
  std::int32_t (*arena_concurrency_)(void* arena) = nullptr;
  void (*arena_execute_)(void* arena, void (*function)(void*), void* context) = nullptr;
};

/// Ends the threads of oneTBB that runs have used; the next run starts them anew. Call it while no run is in progress,
/// outside oneTBB's own tasks: before you unload the shared object that Tandem is part of, before fork(), or before you
/// end oneTBB's threads yourself (tbb::finalize), which Tandem otherwise keeps. Returns true if no thread is left or no
/// run has used one; false if other code of the process still uses oneTBB, or another thread that ran plans still
/// lives. Unloading without this call is safe, too, as long as the system does not stop one of the threads for a
/// millisecond in the moment in which it returns from a run: oneTBB stays in memory, and its threads sleep in it.
/// Without oneTBB the function does nothing and returns true.
TANDEM_API bool end_workers() noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
