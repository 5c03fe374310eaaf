// The function an operator applies to each output element, after bias and residual.
#pragma once

#include <limits>

namespace tandem {

/// Every activation of this version is a clamp: y = min(max(x, lo), hi), evaluated as
/// `x < lo ? lo : (x > hi ? hi : x)`, so that on every ISA NaN stays NaN and -0 under relu stays -0.
/// lo may be -infinity and hi +infinity; lo <= hi, neither NaN (checked by create()).
struct Activation {
  float lo = -std::numeric_limits<float>::infinity();
  float hi = std::numeric_limits<float>::infinity();

  static constexpr Activation none() noexcept { return {}; }
  static constexpr Activation relu() noexcept { return {0.0F, std::numeric_limits<float>::infinity()}; }
  static constexpr Activation relu6() noexcept { return {0.0F, 6.0F}; }
  static constexpr Activation clamp(float lo, float hi) noexcept { return {lo, hi}; }
};

}  // namespace tandem
