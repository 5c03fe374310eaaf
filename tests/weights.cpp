// Random weights and their layouts.
#include "weights.hpp"

namespace tandem::test {

FilterShape filter_shape(const Conv2dParams& p) {
  const std::int64_t groups = p.groups < 1 ? 1 : p.groups;  // a hostile caller's
  return {p.out_channels, p.in_channels / groups, p.kernel_h, p.kernel_w};
}
FilterShape filter_shape(const ConvTranspose2dParams& p) {
  const std::int64_t groups = p.groups < 1 ? 1 : p.groups;
  return {p.out_channels, p.in_channels / groups, p.kernel_h, p.kernel_w, groups};
}
FilterShape filter_shape(const DepthwiseParams& p) {
  return {std::int64_t{p.channels} * p.multiplier, 1, p.kernel_h, p.kernel_w};
}
FilterShape filter_shape(const PointwiseParams& p) { return {p.out_channels, p.in_channels, 1, 1}; }
FilterShape filter_shape(const FullyConnectedParams& p) { return {p.out_features, p.in_features, 1, 1}; }

const char* to_string(FilterLayout layout) noexcept {
  switch (layout) {
    case FilterLayout::kOihw:
      return "OIHW";
    case FilterLayout::kOhwi:
      return "OHWI";
    case FilterLayout::kHwio:
      return "HWIO";
    case FilterLayout::k1hwc:
      return "1HWC";
    case FilterLayout::kIohw:
      return "IOHW";
  }
  return "?";
}

reference::Weights random_weights(const FilterShape& shape, bool with_bias, Random& random) {
  reference::Weights weights;
  weights.filter = random.values(shape.o * shape.i * shape.h * shape.w);
  if (with_bias) weights.bias = random.values(shape.o);
  return weights;
}

std::vector<float> to_layout(const std::vector<float>& oihw, const FilterShape& s, FilterLayout layout) {
  std::vector<float> result(oihw.size());
  auto from = oihw.begin();
  for (std::int64_t o = 0; o < s.o; ++o) {
    for (std::int64_t i = 0; i < s.i; ++i) {
      for (std::int64_t h = 0; h < s.h; ++h) {
        for (std::int64_t w = 0; w < s.w; ++w) {
          std::int64_t to = 0;
          switch (layout) {
            case FilterLayout::kOihw:
              to = ((o * s.i + i) * s.h + h) * s.w + w;
              break;
            case FilterLayout::kOhwi:
              to = ((o * s.h + h) * s.w + w) * s.i + i;
              break;
            case FilterLayout::kHwio:
              // Depthwise: [KH, KW, C, 1], whose C is the O of OIHW; otherwise [KH, KW, I, O]. With I = 1 both agree.
              to = ((h * s.w + w) * s.i + i) * s.o + o;
              break;
            case FilterLayout::kIohw: {  // I counts the inputs of all groups, O the outputs of one
              const std::int64_t outputs = s.o / s.groups;
              to = (((o / outputs * s.i + i) * outputs + o % outputs) * s.h + h) * s.w + w;
              break;
            }
            case FilterLayout::k1hwc:
              to = (h * s.w + w) * s.o + o;
              break;
          }
          result[static_cast<std::size_t>(to)] = *from++;
        }
      }
    }
  }
  return result;
}

GuardedWeights::GuardedWeights(const reference::Weights& weights, const FilterShape& shape, FilterLayout layout,
                               Placement placement, DataType type)
    : filter_("filter", to_layout(weights.filter, shape, layout), placement, type),
      bias_("bias", weights.bias, placement),
      filter_count_(weights.filter.size()),
      bias_count_(weights.bias.size()),
      layout_(layout),
      type_(type) {}

}  // namespace tandem::test
