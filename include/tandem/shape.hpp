// Sizes of a tensor. Every tensor of this library is NHWC: element (n, y, x, c) lies at ((n * H + y) * W + x) * C + c.
// Only the layout conversions have NCHW on one side: ((n * C + c) * H + y) * W + x.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// [N, H, W, C], in elements. N is at least 0, every other size at least 1.
struct Shape {
  std::int64_t n = 1;  ///< images in the batch; 0: an empty tensor
  std::int64_t h = 1;  ///< rows
  std::int64_t w = 1;  ///< columns
  std::int64_t c = 1;  ///< channels, the innermost dimension

  /// n * h * w * c. Not checked for overflow: call it for shapes that plan() accepted.
  [[nodiscard]] constexpr std::int64_t elements() const noexcept { return n * h * w * c; }
};

constexpr bool operator==(const Shape& a, const Shape& b) noexcept {
  return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}
constexpr bool operator!=(const Shape& a, const Shape& b) noexcept { return !(a == b); }

}  // namespace TANDEM_ABI
}  // namespace tandem
