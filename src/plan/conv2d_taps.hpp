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

}  // namespace tandem::inline TANDEM_ABI::internal
