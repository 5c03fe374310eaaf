// oneTBB behind three functions, so that only one file includes it.
#pragma once

#include <cstdint>

#include "tandem/executor.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Slots of the calling thread's arena. Throws std::bad_alloc.
std::int32_t tbb_concurrency();

/// An arena of the caller's: execute(executor, function, context) calls the function in it.
struct CallersArena {
  std::int32_t concurrency;
  void (*execute)(const void* executor, void (*function)(void*), void* context);
  const void* executor;
};

/// worker(context, i) once for each i in [0, count), in the arena, or in that of the calling thread if it is null; on
/// fewer threads, at least the calling one, where the system does not allow more.
void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context, const CallersArena* arena) noexcept;

/// See end_workers().
bool tbb_end_workers() noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
