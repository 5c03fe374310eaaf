// A regular convolution by windows: all taps of an output at once, with the sums in registers. A matrix product whose
// rows are pixels of the output, and overlap in the input; see operators/conv2d.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/ranges.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Bytes from pixel to pixel and from row to row of a tensor.
struct ImageStrides {
  std::ptrdiff_t pixel;
  std::ptrdiff_t row;
};

/// The first pixel of an image, at the first channel of a matrix.
struct ImagePointers {
  const void* src;
  void* dst;
  const void* residual;  ///< or null
};

/// A filter of stride, dilation and padding as the axes say, laid over an image. The outputs may lie apart in dst.
struct Windows {
  const AxisTaps& y;
  const AxisTaps& x;
  std::int64_t channels;  ///< input channels of a group
  bool dense;             ///< the taps of a kernel row lie side by side in src
  ImageStrides src, dst, residual;
  bool far_dst;  ///< see lies_far()

  /// The steps of outputs that use these taps. A segment is a row of taps, or a tap. Rows without gaps are one segment.
  [[nodiscard]] kernels::GemmSteps steps(const PackedGemm& weights, const TapClass& ys,
                                         const TapClass& xs) const noexcept;

  /// One panel for some output rows.
  void run(const PackedGemm& weights, std::int64_t panel, Range rows, const ImagePointers& image) const noexcept;

 private:
  // One rectangle of outputs that use the same taps.
  void rectangle(const PackedGemm& weights, std::int64_t panel, Range rows, const TapClass& ys, const TapClass& xs,
                 const ImagePointers& image) const noexcept;
  [[nodiscard]] bool rows_follow() const noexcept;
  // True if the taps of a plane lie on a column: make_plan() has turned a layer on a row, see is_row().
  [[nodiscard]] bool on_column() const noexcept { return x.axis.kernel == 1; }
  [[nodiscard]] Range fresh_rows(std::int64_t oy) const noexcept;
};

}  // namespace tandem::inline TANDEM_ABI::internal
