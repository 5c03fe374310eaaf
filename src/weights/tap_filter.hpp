// Some taps of a transposed convolution's filter as the filter of a regular convolution.
#pragma once

#include <cstdint>
#include <vector>

#include "src/base/aligned_buffer.hpp"
#include "src/base/ranges.hpp"
#include "src/weights/filter.hpp"
#include "src/weights/pack.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Some rows of taps by some columns, in descending order along both axes, in OHWI. Of a quantised filter they are s8.
class TapFilter {
 public:
  /// weights: of the whole filter, which was checked. Throws std::bad_alloc.
  TapFilter(const Weights& weights, const FilterSize& size, const Progression& y, const Progression& x);

  /// With the bias and the scales of the whole filter. Lives as long as this.
  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  [[nodiscard]] const FilterSize& size() const noexcept { return size_; }

 private:
  FilterSize size_;
  AlignedBuffer data_;
  Weights weights_;
};

/// All taps as the filter of a regular convolution that computes S_h x S_w outputs at once: its output channels are
/// (y, x, m), y < S_h, x < S_w, m one of `outputs`. The kernel is a multiple of the strides S_h and S_w.
class JoinedFilter {
 public:
  /// whole: of weights, which were checked, like the end. Throws std::bad_alloc.
  JoinedFilter(const Weights& weights, const FilterSize& whole, const StageEnd& end, Range outputs,
               std::int64_t stride_h, std::int64_t stride_w);

  /// Both live as long as this.
  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  [[nodiscard]] const StageEnd& end() const noexcept { return end_; }
  [[nodiscard]] const FilterSize& size() const noexcept { return size_; }

 private:
  FilterSize size_;
  AlignedBuffer data_;
  std::vector<float> bias_;
  std::vector<float> slopes_, scale_, shift_;
  Weights weights_;
  StageEnd end_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
