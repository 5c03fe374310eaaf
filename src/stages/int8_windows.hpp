// A quantised regular convolution by windows: the taps of a kernel row, or of a tap, are a segment of a row of A. Where
// windows reach into padding, or the input has gaps, its rows are copied into the workspace first, with the zero point as
// padding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/ranges.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/stages/windows.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The input columns, or rows, that outputs [0, out) of an axis read.
[[nodiscard]] constexpr std::int64_t span_of(const ConvAxis& a, std::int64_t out) noexcept {
  return (out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
}

/// A filter of stride, dilation and padding as the axes say, laid over an image. The padding may be negative: the first
/// window then begins inside the input. The outputs may lie apart in dst.
struct Int8Windows {
  ConvAxis y, x;
  std::int64_t channels;    ///< of an input pixel: of all groups
  std::int32_t zero_point;  ///< of the input
  std::ptrdiff_t src_pixel;
  ImageStrides dst;
  bool takes_rows;  ///< a segment is a row of taps; else a tap

  /// True if input rows are copied first: a window reaches into padding, or a segment over a gap between pixels.
  [[nodiscard]] bool copies() const noexcept;
  /// Bytes of the copies of the input rows that so many output rows read, and of what their last quad reads past their end.
  [[nodiscard]] std::int64_t copied_bytes(std::int64_t out_rows) const noexcept;

  /// The input rows of output rows `rows`; the stride is from row to row. image: its first pixel. to: of
  /// copied_bytes(), read only if rows are copied.
  [[nodiscard]] kernels::ConstRows input(const kernels::KernelTable& kernels, const void* image, Range rows,
                                         void* to) const noexcept;

  /// One panel for output rows `rows`, whose input begins at `src`, with the first channel of the weights' group. dst: the
  /// image's first output, at the first channel of the group.
  void run(const PackedGemm& weights, std::int64_t panel, Range rows, const kernels::ConstRows& src,
           void* to) const noexcept;

 private:
  [[nodiscard]] std::int64_t copied_row() const noexcept { return span_of(x, x.out) * channels; }
  void copy_row(const kernels::KernelTable& kernels, const void* image, std::int64_t row, std::byte* to) const noexcept;
};

}  // namespace tandem::inline TANDEM_ABI::internal
