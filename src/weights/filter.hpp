// A caller's filter in any of its layouts, read by (output channel, input channel, row, column).
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/params.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The sizes of a filter. A depthwise filter has `in` = 1 and a filter for each of its `out` channels.
struct FilterSize {
  std::int64_t out = 1;
  std::int64_t in = 1;
  std::int64_t h = 1;
  std::int64_t w = 1;
};

/// An unknown layout, or k1hwc for a filter that is not depthwise.
Status check_layout(const char* stage, FilterLayout layout, bool depthwise) noexcept;
/// A layout that check_layout() refuses, null, a count that does not match, a product that
/// overflows.
Status check_filter(const char* stage, const Filter& filter, const FilterSize& size, bool depthwise) noexcept;

class FilterReader {
 public:
  /// Only for a filter that check_filter() accepted.
  FilterReader(const Filter& filter, const FilterSize& size) noexcept;

  [[nodiscard]] float at(std::int64_t out, std::int64_t in, std::int64_t y, std::int64_t x) const noexcept {
    return values_[out * out_stride_ + in * in_stride_ + y * y_stride_ + x * x_stride_];
  }

 private:
  const float* values_;
  std::int64_t out_stride_, in_stride_, y_stride_, x_stride_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
