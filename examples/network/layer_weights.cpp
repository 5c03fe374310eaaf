#include "network/layer_weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace network {
namespace {

/// The filter, with zeros for the channels that quantize_weights() would refuse. A batch normalisation that has switched a
/// channel off leaves such ones: weights below 1e-5 beside a bias of -6.
std::vector<float> without_dead_channels(const tandem::Weights& weights, std::size_t channels, float src_scale) {
  const auto* const first = static_cast<const float*>(weights.filter.data);
  std::vector<float> filter(first, first + weights.filter.size);
  if (weights.bias.size != channels || channels == 0) return filter;
  const auto* const bias = static_cast<const float*>(weights.bias.data);
  const std::size_t taps = filter.size() / channels;
  const bool innermost =  // the output channel is
      weights.layout == tandem::FilterLayout::kHwio || weights.layout == tandem::FilterLayout::k1hwc;
  const auto element = [&](std::size_t channel, std::size_t tap) -> float& {
    return filter[innermost ? tap * channels + channel : channel * taps + tap];
  };
  for (std::size_t c = 0; c < channels; ++c) {
    float greatest = 0.0F;
    for (std::size_t tap = 0; tap < taps; ++tap) greatest = std::max(greatest, std::abs(element(c, tap)));
    const double unit = static_cast<double>(src_scale) * static_cast<double>(greatest) / 127.0;
    const double products = 255.0 * 127.0 * static_cast<double>(taps);
    if (std::abs(static_cast<double>(bias[c])) < unit * (0x1p31 - products)) continue;
    for (std::size_t tap = 0; tap < taps; ++tap) element(c, tap) = 0.0F;
  }
  return filter;
}

}  // namespace

using tandem::DataType;
using tandem::Weights;

Weights LayerWeights::stage(const std::string& stage, tandem::FilterLayout layout) {
  const std::string name = spec_.name + stage + ".weight";
  const tandem::FloatSpan values = source_(name);
  if (values.data == nullptr) {
    if (status_.ok()) status_ = {tandem::StatusCode::kInvalidArgument, "tensor '" + name + "' is missing"};
    return {tandem::ElementSpan(), layout};
  }
  const Weights weights(values, layout, source_(spec_.name + stage + ".bias"));
  if (types_.weights == DataType::kF32) return weights;
  return types_.weights == DataType::kS8 ? quantised(weights) : rounded(weights);
}

tandem::SqueezeExciteWeights LayerWeights::squeeze_excite(tandem::FilterLayout layout) {
  const Weights reduce = stage(".squeeze_excite.reduce", layout);
  return {reduce, stage(".squeeze_excite.expand", layout)};
}

Weights LayerWeights::rounded(const Weights& weights) {
  std::vector<std::uint16_t>& filter = rounded_.emplace_back(weights.filter.size);
  tandem::convert(DataType::kF32, weights.filter.data, types_.weights, filter.data(), filter.size());
  return {{types_.weights, filter.data(), filter.size()}, weights.layout, weights.bias};
}

Weights LayerWeights::quantised(const Weights& weights) {
  const auto channels = static_cast<std::size_t>(spec_.out_channels);
  const float src_scale = types_.src.quantization.scale;
  const std::vector<float> filter = without_dead_channels(weights, channels, src_scale);
  Quantised& q = quantised_.emplace_back(Quantised{std::vector<std::int8_t>(weights.filter.size),
                                                   std::vector<float>(channels), std::vector<std::int32_t>(channels)});
  const tandem::Status status = tandem::quantize_weights({filter, weights.layout, weights.bias}, spec_.out_channels,
                                                         src_scale, q.filter.data(), q.scales.data(), q.bias.data());
  if (!status.ok()) {
    if (status_.ok()) status_ = status;
    return {tandem::ElementSpan(), weights.layout};
  }
  return {{DataType::kS8, q.filter.data(), q.filter.size()},
          weights.layout,
          {DataType::kS32, q.bias.data(), q.bias.size()},
          q.scales};
}

}  // namespace network
