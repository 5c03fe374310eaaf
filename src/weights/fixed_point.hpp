// A real multiplier as TFLite has it: an integer and a shift.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The nearest to a finite `real` >= 0, as QuantizeMultiplier() of tensorflow/lite/kernels/internal/quantization_util.cc has it:
/// what is less than 2^-32 becomes 0, and what is 2^30 or more the greatest that a single rounding takes. (For a double one
/// TFLite leaves such multipliers undefined. A sum other than 0 is then beyond any output, whatever the multiplier is.)
inline kernels::FixedMultiplier fixed_point(double real) noexcept {
  constexpr std::int32_t kLeastShift = -31;
  constexpr std::int32_t kMostShift = 30;
  constexpr std::int64_t kOne = std::int64_t{1} << 31U;
  int shift = 0;
  const double fraction = std::frexp(real, &shift);
  auto multiplier = static_cast<std::int64_t>(std::round(fraction * static_cast<double>(kOne)));
  if (multiplier == kOne) {
    multiplier /= 2;
    ++shift;
  }
  if (shift < kLeastShift) return {};
  if (shift > kMostShift) return {static_cast<std::int32_t>(kOne - 1), kMostShift};
  return {static_cast<std::int32_t>(multiplier), shift};
}

}  // namespace tandem::inline TANDEM_ABI::internal
