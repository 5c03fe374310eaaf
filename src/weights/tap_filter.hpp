// Some taps of a transposed convolution's filter as the filter of a regular convolution.
#pragma once

#include <cstdint>

#include "src/base/aligned_buffer.hpp"
#include "src/base/ranges.hpp"
#include "src/weights/filter.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Some rows of taps by some columns, in descending order along both axes, in OHWI.
class TapFilter {
 public:
  /// weights: of the whole filter, which was checked. Throws std::bad_alloc.
  TapFilter(const Weights& weights, const FilterSize& size, const Progression& y, const Progression& x);

  /// With the bias of the whole filter. Lives as long as this.
  [[nodiscard]] const Weights& weights() const noexcept { return weights_; }
  [[nodiscard]] const FilterSize& size() const noexcept { return size_; }

 private:
  FilterSize size_;
  AlignedBuffer data_;
  Weights weights_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
