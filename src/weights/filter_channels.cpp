#include "src/weights/filter_channels.hpp"

#include "src/base/error.hpp"
#include "src/weights/filter.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

Status check_channel_layout(FilterLayout layout) noexcept {
  if (layout != FilterLayout::kIohw) return check_layout("", layout, FilterKind::kDepthwise);
  return error(StatusCode::kUnsupported,
               "filter has layout IOHW (%d), which does not tell the size of a kernel: bring it to OHWI",
               static_cast<int>(layout));
}

}  // namespace

Status check_filter_channels(const Weights& weights, std::int32_t out_channels) noexcept {
  const Status sizes = first_error({check_at_least_one("out_channels", out_channels),
                                    check_bias("", weights.bias, out_channels), check_channel_layout(weights.layout)});
  if (!sizes.ok()) return sizes;
  const ElementSpan& filter = weights.filter;
  if (filter.type != DataType::kF32) {
    return error(StatusCode::kUnsupported, "filter holds %s values, but must hold f32", to_string(filter.type));
  }
  if (filter.data == nullptr) return error(StatusCode::kInvalidArgument, "filter is null");
  if (filter.size == 0 || filter.size % static_cast<std::size_t>(out_channels) != 0) {
    return error(StatusCode::kInvalidArgument, "filter holds %zu values, not a multiple of %d output channels",
                 filter.size, out_channels);
  }
  return {};
}

}  // namespace tandem::inline TANDEM_ABI::internal
