#include "src/weights/filter.hpp"

#include "src/base/checked.hpp"
#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Status check_layout(const char* stage, FilterLayout layout, FilterKind kind) noexcept {
  switch (layout) {
    case FilterLayout::kOihw:
    case FilterLayout::kOhwi:
    case FilterLayout::kHwio:
      return {};
    case FilterLayout::k1hwc:
      if (kind == FilterKind::kDepthwise) return {};
      return error(StatusCode::kInvalidArgument, "%sfilter has layout 1HWC (%d), which is for depthwise filters alone",
                   stage, static_cast<int>(layout));
    case FilterLayout::kIohw:
      if (kind == FilterKind::kTransposed) return {};
      return error(StatusCode::kInvalidArgument,
                   "%sfilter has layout IOHW (%d), which is for transposed convolutions alone", stage,
                   static_cast<int>(layout));
    default:
      return error(StatusCode::kInvalidArgument, "%sfilter has layout %d, which is none", stage,
                   static_cast<int>(layout));
  }
}

Status check_bias(const char* stage, const ElementSpan& bias, std::int64_t channels, DataType type) noexcept {
  if (bias.size == 0 && bias.data == nullptr) return {};
  if (bias.type != type) {
    return error(StatusCode::kUnsupported, "%sbias holds %s values, but must hold %s", stage, to_string(bias.type),
                 to_string(type));
  }
  if (bias.data == nullptr) {
    return error(StatusCode::kInvalidArgument, "%sbias is null, but is said to hold %zu values", stage, bias.size);
  }
  const std::size_t past = reinterpret_cast<std::uintptr_t>(bias.data) % sizeof(float);
  if (past != 0) {
    return error(StatusCode::kInvalidArgument, "%sbias must be aligned to %zu bytes, but lies %zu past a multiple",
                 stage, sizeof(float), past);
  }
  if (bias.size != static_cast<std::size_t>(channels)) {
    return error(StatusCode::kInvalidArgument, "%sbias holds %zu values, but there are %lld output channels", stage,
                 bias.size, static_cast<long long>(channels));
  }
  return {};
}

Status check_filter(const char* stage, const ElementSpan& filter, const FilterSize& s, DataType type) noexcept {
  const auto count = checked_product({s.out, s.in, s.h, s.w}, kMaxElements);
  if (!count) {
    return error(
        StatusCode::kOutOfRange,
        "%sfilter of %lld output channels x %lld input channels x %lld x %lld has more values than can be addressed",
        stage, static_cast<long long>(s.out), static_cast<long long>(s.in), static_cast<long long>(s.h),
        static_cast<long long>(s.w));
  }
  if (filter.data == nullptr) return error(StatusCode::kInvalidArgument, "%sfilter is null", stage);
  if (filter.type != type) {
    return error(StatusCode::kInvalidArgument, "%sfilter holds %s values, but weight_type is %s", stage,
                 to_string(filter.type), to_string(type));
  }
  const std::size_t past = reinterpret_cast<std::uintptr_t>(filter.data) % element_bytes(type);
  if (past != 0) {
    return error(StatusCode::kInvalidArgument, "%sfilter must be aligned to %zu bytes, but lies %zu past a multiple",
                 stage, element_bytes(type), past);
  }
  if (filter.size != static_cast<std::size_t>(*count)) {
    return error(StatusCode::kInvalidArgument,
                 "%sfilter holds %zu values, but %lld output channels x %lld input channels x %lld x %lld need %lld",
                 stage, filter.size, static_cast<long long>(s.out), static_cast<long long>(s.in),
                 static_cast<long long>(s.h), static_cast<long long>(s.w), static_cast<long long>(*count));
  }
  return {};
}

Status check_weights(const char* stage, const Weights& weights, const FilterSize& size, DataType type,
                     FilterKind kind) noexcept {
  const Status layout = check_layout(stage, weights.layout, kind);
  if (!layout.ok()) return layout;
  if (weights.scales.size != 0) {
    return error(StatusCode::kUnsupported, "%sscales holds %zu values, but only a quantised filter has scales", stage,
                 weights.scales.size);
  }
  return first_error({check_filter(stage, weights.filter, size, type), check_bias(stage, weights.bias, size.out)});
}

FilterReader::FilterReader(const Weights& weights, const FilterSize& s) noexcept
    : values_(weights.filter.data), type_(weights.filter.type), group_outputs_(s.out / s.groups) {
  switch (weights.layout) {
    case FilterLayout::kOihw:
      x_stride_ = 1;
      y_stride_ = s.w;
      in_stride_ = s.h * s.w;
      out_stride_ = s.in * s.h * s.w;
      break;
    case FilterLayout::kOhwi:
      in_stride_ = 1;
      x_stride_ = s.in;
      y_stride_ = s.w * s.in;
      out_stride_ = s.h * s.w * s.in;
      break;
    case FilterLayout::kIohw:  // of each group [C, M / groups, KH, KW]
      x_stride_ = 1;
      y_stride_ = s.w;
      out_stride_ = s.h * s.w;
      in_stride_ = group_outputs_ * out_stride_;
      group_stride_ = (s.in - 1) * in_stride_;
      break;
    default:  // HWIO; with one input channel also 1HWC
      out_stride_ = 1;
      in_stride_ = s.out;
      x_stride_ = s.in * s.out;
      y_stride_ = s.w * s.in * s.out;
      break;
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
