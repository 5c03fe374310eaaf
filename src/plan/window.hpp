// The sliding window of a convolution, and the output size for an input of known size.
#pragma once

#include <cstdint>
#include <utility>

#include "src/base/ranges.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Both axes of a window.
struct Window {
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h, stride_w;
  std::int32_t dilation_h, dilation_w;
  Padding padding;
  bool ceil_mode = false;  ///< of a pool, see MaxPoolParams
};
template <class Params>
Window window_of(const Params& p) noexcept {
  return {p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.dilation_h, p.dilation_w, p.padding};
}

/// A window laid over an input of known size.
struct WindowedSize {
  std::int64_t out_h, out_w;
  std::int64_t pad_top, pad_left;
};
/// Resolves SAME padding; an empty output is an error.
Result<WindowedSize> resolve_window(const Window& window, std::int64_t in_h, std::int64_t in_w) noexcept;

/// How a window slides over the rows of an image.
struct SlidingRows {
  std::int64_t stride;
  std::int64_t extent;  ///< rows from the first tap to the last
  std::int64_t pad;     ///< rows above the image
  std::int64_t in;      ///< rows of the image
};
/// The input rows that the output rows `out` need, clipped to the image; may be empty.
Range input_rows(const SlidingRows& rows, Range out) noexcept;

/// True if a layer works on a row: one row of input, without padding above or below. Its pixels lie in memory like those
/// of a column, and so do the taps of its filter.
bool is_row(const Window& window, std::int64_t in_h, const WindowedSize& size) noexcept;

/// The same layer with rows and columns exchanged.
template <class Params>
Params turned(Params p) noexcept {
  std::swap(p.kernel_h, p.kernel_w);
  std::swap(p.stride_h, p.stride_w);
  std::swap(p.dilation_h, p.dilation_w);
  std::swap(p.padding.top, p.padding.left);
  std::swap(p.padding.bottom, p.padding.right);
  return p;
}

/// Output channels of a depthwise convolution.
inline std::int64_t out_channels(const DepthwiseParams& p) noexcept { return std::int64_t{p.channels} * p.multiplier; }

}  // namespace tandem::inline TANDEM_ABI::internal
