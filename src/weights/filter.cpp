#include "src/weights/filter.hpp"

#include "src/base/checked.hpp"
#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Status check_layout(const char* stage, FilterLayout layout, bool depthwise) noexcept {
  switch (layout) {
    case FilterLayout::kOihw:
    case FilterLayout::kOhwi:
    case FilterLayout::kHwio:
      return {};
    case FilterLayout::k1hwc:
      if (depthwise) return {};
      return error(StatusCode::kInvalidArgument, "%sfilter has layout 1HWC (%d), which is for depthwise filters alone",
                   stage, static_cast<int>(layout));
    default:
      return error(StatusCode::kInvalidArgument, "%sfilter has layout %d, which is none", stage,
                   static_cast<int>(layout));
  }
}

Status check_filter(const char* stage, const Filter& filter, const FilterSize& s, bool depthwise) noexcept {
  const Status layout = check_layout(stage, filter.layout, depthwise);
  if (!layout.ok()) return layout;
  const auto count = checked_product({s.out, s.in, s.h, s.w}, kMaxElements);
  if (!count) {
    return error(
        StatusCode::kOutOfRange,
        "%sfilter of %lld output channels x %lld input channels x %lld x %lld has more values than can be addressed",
        stage, static_cast<long long>(s.out), static_cast<long long>(s.in), static_cast<long long>(s.h),
        static_cast<long long>(s.w));
  }
  if (filter.values.data == nullptr) return error(StatusCode::kInvalidArgument, "%sfilter is null", stage);
  if (filter.values.size != static_cast<std::size_t>(*count)) {
    return error(StatusCode::kInvalidArgument,
                 "%sfilter holds %zu values, but %lld output channels x %lld input channels x %lld x %lld need %lld",
                 stage, filter.values.size, static_cast<long long>(s.out), static_cast<long long>(s.in),
                 static_cast<long long>(s.h), static_cast<long long>(s.w), static_cast<long long>(*count));
  }
  return {};
}

FilterReader::FilterReader(const Filter& filter, const FilterSize& s) noexcept : values_(filter.values.data) {
  switch (filter.layout) {
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
    default:  // HWIO; with one input channel also 1HWC
      out_stride_ = 1;
      in_stride_ = s.out;
      x_stride_ = s.in * s.out;
      y_stride_ = s.w * s.in * s.out;
      break;
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
