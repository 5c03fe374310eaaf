// oneTBB behind three functions, so that only one file includes it.
#pragma once

#include <cstdint>

#include "tandem/executor.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Slots of the calling thread's arena. Throws std::bad_alloc.
std::int32_t tbb_concurrency();

/// worker(context, i) once for each i in [0, count), on the calling thread's arena; on fewer threads, at least the
/// calling one, where the system does not allow more.
void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context) noexcept;

/// See end_workers().
bool tbb_end_workers() noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
