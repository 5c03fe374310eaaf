// A caller's filter in any layout, read by (output channel, input channel, row, column).
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/convert.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The sizes of a filter. A depthwise filter has `in` = 1 and a filter for each of its `out` channels.
struct FilterSize {
  std::int64_t out = 1;
  std::int64_t in = 1;
  std::int64_t h = 1;
  std::int64_t w = 1;
  std::int64_t groups = 1;  ///< only IOHW depends on them
};

/// The kinds of filters, which differ in the layouts that they may have.
enum class FilterKind { kRegular, kDepthwise, kTransposed };

/// Refuses an unknown layout, k1hwc for a filter that is not depthwise, and kIohw for one that is not transposed.
Status check_layout(const char* stage, FilterLayout layout, FilterKind kind) noexcept;
/// Refuses a layout that check_layout() refuses; a type other than `type`; null or misaligned values; a count that does
/// not match; a product that overflows; a bias that check_bias() refuses; scales.
Status check_weights(const char* stage, const Weights& weights, const FilterSize& size, DataType type,
                     FilterKind kind) noexcept;
/// The part of check_weights() about the filter's values.
Status check_filter(const char* stage, const ElementSpan& filter, const FilterSize& size, DataType type) noexcept;
/// Refuses a bias that is neither empty nor `channels` values of `type` with a pointer.
Status check_bias(const char* stage, const ElementSpan& bias, std::int64_t channels,
                  DataType type = DataType::kF32) noexcept;

class FilterReader {
 public:
  /// Only for a filter that check_weights() accepted.
  FilterReader(const Weights& weights, const FilterSize& size) noexcept;

  [[nodiscard]] float at(std::int64_t out, std::int64_t in, std::int64_t y, std::int64_t x) const noexcept {
    return load_element(type_, values_, index(out, in, y, x));
  }
  /// The same of a quantised filter, less its zero point.
  [[nodiscard]] std::int32_t integer_at(std::int64_t out, std::int64_t in, std::int64_t y,
                                        std::int64_t x) const noexcept {
    return load_integer(type_, values_, index(out, in, y, x));
  }

 private:
  [[nodiscard]] std::size_t index(std::int64_t out, std::int64_t in, std::int64_t y, std::int64_t x) const noexcept {
    std::int64_t i = out * out_stride_ + in * in_stride_ + y * y_stride_ + x * x_stride_;
    if (group_stride_ != 0) i += out / group_outputs_ * group_stride_;
    return static_cast<std::size_t>(i);
  }

  const void* values_;
  DataType type_;
  std::int64_t out_stride_, in_stride_, y_stride_, x_stride_;
  std::int64_t group_outputs_;
  std::int64_t group_stride_ = 0;  // beside the strides of its outputs
};

}  // namespace tandem::inline TANDEM_ABI::internal
