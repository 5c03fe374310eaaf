// What plan() makes of the caller's Executor, and how run() puts work on it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "src/denormals.hpp"
#include "tandem/executor.hpp"
#include "tandem/status.hpp"

namespace tandem::internal {

/// Most workers of one run: bounds what a run keeps on its stack.
inline constexpr std::int32_t kMaxWorkers = 256;

/// An executor that was checked. Copies refer to the same pool or arena.
class BoundExecutor {
 public:
  BoundExecutor() = default;
  /// kInvalidArgument for a pool with a null function or without workers, kUnsupported for an arena in a build without
  /// oneTBB.
  static Result<BoundExecutor> bind(const Executor& executor, bool flush_denormals) noexcept;

  /// Workers that may run at once, 1 .. kMaxWorkers.
  [[nodiscard]] std::int32_t concurrency() const noexcept { return concurrency_; }
  /// Whether the workers treat denormals as zeros.
  [[nodiscard]] bool flush_denormals() const noexcept { return flush_denormals_; }

  /// worker(context, i) once for each i in [0, count); returns when all have returned.
  void parallel(std::int32_t count, WorkerFunction worker, void* context) const noexcept;

 private:
  Executor executor_;
  std::int32_t concurrency_ = 1;
  bool flush_denormals_ = false;
};

/// One worker's contiguous share of the tasks; on a cache line of its own, since its owner and thieves write `next`.
struct alignas(64) TaskShare {
  std::atomic<std::int64_t> next;
  std::int64_t end;
};

/// body(task, worker) once for each task in [0, tasks), by `workers` workers, each beginning with its own contiguous
/// share of about tasks / workers (so that the same worker meets the same rows in the next layer) and then helping the
/// others. Which worker runs a task must not change what it computes. No allocation, no lock.
template <class Body>
void for_each_task(const BoundExecutor& executor, std::int32_t workers, std::int64_t tasks, const Body& body) noexcept {
  if (workers == 1) {
    const FlushDenormals scope(executor.flush_denormals());
    for (std::int64_t task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
  struct Context {
    const Body& body;
    std::int32_t workers;
    bool flush_denormals;
    TaskShare* shares;
  };
  alignas(TaskShare) std::byte storage[sizeof(TaskShare) * kMaxWorkers];
  auto* shares = reinterpret_cast<TaskShare*>(storage);
  for (std::int32_t w = 0; w < workers; ++w) {
    new (shares + w) TaskShare{{tasks * w / workers}, tasks * (w + 1) / workers};
  }
  Context context{body, workers, executor.flush_denormals(), shares};
  executor.parallel(
      workers,
      [](void* opaque, std::int32_t worker) {
        const Context& c = *static_cast<const Context*>(opaque);
        const FlushDenormals scope(c.flush_denormals);
        for (std::int32_t i = 0; i < c.workers; ++i) {
          TaskShare& share = c.shares[(worker + i) % c.workers];
          for (;;) {
            const std::int64_t task = share.next.fetch_add(1, std::memory_order_relaxed);
            if (task >= share.end) break;
            c.body(task, worker);
          }
        }
      },
      &context);
}

}  // namespace tandem::internal
