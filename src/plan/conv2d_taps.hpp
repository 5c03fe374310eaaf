// Which outputs of a regular convolution use which taps. Pure arithmetic.
#pragma once

#include <cstdint>
#include <vector>

#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// One axis of a convolution laid over an input of known size.
struct ConvAxis {
  std::int64_t in, out;
  std::int64_t kernel, stride, dilation, pad;
};

/// Outputs [begin, end) of one axis, all of which use exactly the taps [first_tap, last_tap).
struct TapClass {
  std::int64_t begin, end;
  std::int64_t first_tap, last_tap;
};
/// Every output is in one class, in order.
std::vector<TapClass> classify_outputs(const ConvAxis& axis);

/// True if the pixels of consecutive output rows follow each other in the input at one distance, like those of a row.
bool rows_join(const ConvAxis& y, const ConvAxis& x) noexcept;

/// Whether the products of a rectangle of outputs that use the same taps, of width x height, take its rows one by one, not its
/// columns. `tile_rows`: of the kernel. `row_bytes`: in the input, from the first output's window to that of the output below;
/// 0: products take only rows, however short they are.
bool runs_along_x(std::int64_t width, std::int64_t height, std::int64_t tile_rows, std::int64_t row_bytes) noexcept;

/// An axis with its outputs sorted by the taps that they use.
struct AxisTaps {
  ConvAxis axis = {};
  std::vector<TapClass> classes;

  AxisTaps() = default;
  /// Throws std::bad_alloc.
  explicit AxisTaps(const ConvAxis& a) : axis(a), classes(classify_outputs(a)) {}
};

/// Outputs for which tap `tap` lies inside the image.
Range outputs_of_tap(const ConvAxis& axis, std::int64_t tap) noexcept;

/// The taps inside the image, summed over all outputs.
std::int64_t taps_inside(const ConvAxis& axis) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
