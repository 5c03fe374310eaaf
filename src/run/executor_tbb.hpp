// oneTBB behind two functions, so that only one file includes it.
#pragma once

#include <cstdint>

#include "tandem/executor.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Slots of the calling thread's arena.
std::int32_t tbb_concurrency() noexcept;

/// worker(context, i) once for each i in [0, count), on the calling thread's arena.
void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
