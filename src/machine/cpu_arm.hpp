// Which 64-bit ARM CPU this is, by its main ID register.
#pragma once

#if defined(__aarch64__)

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The name of this CPU's row in microarchitecture.cpp, by implementer and part number; "generic" for one that is not
/// listed, or where the operating system does not let programs read them. Of a CPU with large and small cores, the core
/// that runs this decides.
const char* arm_microarchitecture() noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
