// Which outputs of a regular convolution see which taps, and what its two ways of walking them cost. Pure arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "src/plan/tiling.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// One axis of a convolution laid over an input of known size.
struct ConvAxis {
  std::int64_t in, out;
  std::int64_t kernel, stride, dilation, pad;
};

/// Outputs [begin, end) of one axis, all of which see the taps [first_tap, last_tap) and no others.
struct TapClass {
  std::int64_t begin, end;
  std::int64_t first_tap, last_tap;
};
/// Every output is in one class, in order.
std::vector<TapClass> classify_outputs(const ConvAxis& axis);

/// Outputs for which tap `tap` lies in the image.
Range outputs_of_tap(const ConvAxis& axis, std::int64_t tap) noexcept;

/// The register tile of the matrix product.
struct GemmTileSize {
  std::int64_t rows, vectors;
};
/// Cycles for one panel, when each rectangle of outputs that see the same taps is a product, or one for each of its rows.
double cycles_by_rectangles(const ConvAxis& y, const ConvAxis& x, std::int64_t channels, GemmTileSize tile);
/// Cycles for one panel, when each tap and block of channels is a product, or one for each row of outputs that see it.
double cycles_by_taps(const ConvAxis& y, const ConvAxis& x, std::int64_t channels, std::int64_t channel_block,
                      GemmTileSize tile);

}  // namespace tandem::inline TANDEM_ABI::internal
