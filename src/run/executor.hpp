// The Executor of the caller after plan() has checked it, and how run() puts work on it.
#pragma once

#include <cstdint>

#include "tandem/executor.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Most workers of one run. Bounds the arrays that a run keeps on its stack.
inline constexpr std::int32_t kMaxWorkers = 256;

/// The work of all workers on the calling thread.
inline void work_in_turn(std::int32_t count, WorkerFunction worker, void* context) noexcept {
  for (std::int32_t i = 0; i < count; ++i) worker(context, i);
}

/// An executor that was checked. Copies refer to the same pool or arena.
class BoundExecutor {
 public:
  BoundExecutor() = default;
  /// Errors: kInvalidArgument for a pool with a null function or without workers, kUnsupported for an arena in a build
  /// without oneTBB, or for flush_denormals on a CPU that cannot. Throws std::bad_alloc.
  static Result<BoundExecutor> bind(const Executor& executor, bool flush_denormals);

  /// Workers that may run at once, 1 .. kMaxWorkers.
  [[nodiscard]] std::int32_t concurrency() const noexcept { return concurrency_; }
  /// True if the workers treat denormals as zeros.
  [[nodiscard]] bool flush_denormals() const noexcept { return flush_denormals_; }

  /// True if both put their work on the same threads in the same way.
  [[nodiscard]] bool is(const BoundExecutor& other) const noexcept;

  /// worker(context, i) once for each i in [0, count); returns when all have returned.
  void parallel(std::int32_t count, WorkerFunction worker, void* context) const noexcept;

 private:
  Executor executor_;
  std::int32_t concurrency_ = 1;
  bool flush_denormals_ = false;
};

}  // namespace tandem::inline TANDEM_ABI::internal
