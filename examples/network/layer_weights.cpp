#include "network/layer_weights.hpp"

#include <cstddef>

namespace network {

using tandem::DataType;
using tandem::Weights;

Weights LayerWeights::stage(const std::string& stage, tandem::FilterLayout layout, std::int32_t out_channels,
                            const tandem::TensorType& src) {
  const std::string name = spec_.name + stage + ".weight";
  const tandem::FloatSpan values = source_(name);
  if (values.data == nullptr) {
    if (status_.ok()) status_ = {tandem::StatusCode::kInvalidArgument, "tensor '" + name + "' is missing"};
    return {tandem::ElementSpan(), layout};
  }
  const Weights weights(values, layout, source_(spec_.name + stage + ".bias"));
  if (types_.weights == DataType::kF32) return weights;
  if (types_.weights != DataType::kS8) return rounded(weights);
  return quantised(weights, out_channels, src.quantization.scale);
}

tandem::SqueezeExciteWeights LayerWeights::squeeze_excite(const std::string& stage, tandem::FilterLayout layout,
                                                          std::int32_t channels, std::int32_t reduced) {
  const Weights reduce = this->stage(stage + ".reduce", layout, reduced, types_.squeeze.mean);
  return {reduce, this->stage(stage + ".expand", layout, channels, types_.squeeze.hidden)};
}

Weights LayerWeights::rounded(const Weights& weights) {
  std::vector<std::uint16_t>& filter = rounded_.emplace_back(weights.filter.size);
  tandem::convert(DataType::kF32, weights.filter.data, types_.weights, filter.data(), filter.size());
  return {{types_.weights, filter.data(), filter.size()}, weights.layout, weights.bias};
}

Weights LayerWeights::quantised(const Weights& weights, std::int32_t out_channels, float src_scale) {
  const auto channels = static_cast<std::size_t>(out_channels);
  Quantised& q = quantised_.emplace_back(Quantised{std::vector<std::int8_t>(weights.filter.size),
                                                   std::vector<float>(channels), std::vector<std::int32_t>(channels)});
  const tandem::Status status =
      tandem::quantize_weights(weights, out_channels, src_scale, q.filter.data(), q.scales.data(), q.bias.data());
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
