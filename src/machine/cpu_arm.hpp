// Which 64-bit ARM CPU this is, by its main ID register, and which extensions it has.
#pragma once

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

#if defined(__aarch64__)

namespace tandem::inline TANDEM_ABI::internal {

/// From the main ID register; zeros where the operating system does not let programs read it. Of a CPU with large and
/// small cores, the core that runs this decides.
struct ArmIdentity {
  unsigned implementer = 0;
  unsigned part = 0;
};
ArmIdentity arm_identity() noexcept;

/// The extensions that Tandem's ISAs use. Source: Arm Architecture Reference Manual, FEAT_DotProd and FEAT_I8MM.
struct ArmFeatures {
  bool dotprod = false;  // sdot
  bool i8mm = false;     // smmla, usdot; with sdot
};
ArmFeatures arm_features() noexcept;

/// The name of the row in microarchitecture.cpp; "generic" for a CPU that is not listed.
const char* arm_microarchitecture(const ArmIdentity& cpu) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
