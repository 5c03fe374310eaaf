// The affine behind an activation, see tandem::Activation.
#pragma once

#include "kernels/floating_point.hpp"
#include "tandem/activation.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

[[nodiscard]] constexpr bool has_affine(const Activation& a) noexcept { return a.scale.size + a.shift.size > 0; }

/// A clamp and nothing else.
[[nodiscard]] constexpr bool is_clamp(const Activation& a) noexcept {
  return a.kind == Activation::Kind::kClamp && !has_affine(a);
}

}  // namespace tandem::inline TANDEM_ABI::internal
