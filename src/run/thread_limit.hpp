// How many threads the system lets this process have.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Creates up to `count` threads of so large stacks that live at the same time, ends them, and returns how many there
/// were. The limits of a process, a user and a container (RLIMIT_NPROC, RLIMIT_AS, pids.max) cannot be read off
/// reliably, only tried. Takes 20 to 40 microseconds a thread on two cores of Emerald Rapids.
std::int32_t creatable_threads(std::int32_t count, std::size_t stack_bytes) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
