#include "network/quantised_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "network/split_layers.hpp"

namespace network {
namespace {

using tandem::DataType;
using tandem::Status;
using tandem::StatusCode;
using tandem::TensorType;

LayerSpec conversion(const char* name, Op op, std::int32_t channels) {
  LayerSpec spec;
  spec.name = name;
  spec.op = op;
  spec.in_channels = spec.out_channels = channels;
  return spec;
}

}  // namespace

tandem::Quantization quantization_of(const Range& range) noexcept {
  constexpr double kSteps = 255.0;
  const double least = std::min(static_cast<double>(range.least), 0.0);
  const double extent = std::max(static_cast<double>(range.greatest), 0.0) - least;
  if (extent == 0.0) return {};
  const double scale = std::max(extent / kSteps, static_cast<double>(std::numeric_limits<float>::min()));
  const auto rounded = static_cast<float>(scale);
  return {rounded, static_cast<std::int32_t>(std::nearbyint(std::min(-least / static_cast<double>(rounded), kSteps)))};
}

tandem::Result<QuantisedNetwork> quantise(const std::vector<LayerSpec>& specs, const std::vector<Range>& ranges) {
  std::vector<LayerSpec> layers = split_layers(specs);
  if (layers.empty() || ranges.size() != layers.size() + 1) {
    return Status(StatusCode::kInvalidArgument, "there are ranges of " + std::to_string(ranges.size()) +
                                                    " tensors, and " + std::to_string(layers.size()) + " layers");
  }
  std::vector<TensorType> tensors;
  tensors.reserve(ranges.size());
  for (const Range& range : ranges) tensors.emplace_back(DataType::kU8, quantization_of(range));
  if (has_weights(layers.back().op)) tensors.back() = {};

  QuantisedNetwork network;
  network.specs.push_back(conversion("quantize", Op::kQuantize, layers.front().in_channels));
  network.types.push_back({TensorType(), tensors.front(), TensorType(), DataType::kF32});
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerSpec& layer = layers[i];
    // Network::create() judges a shortcut that reaches too far.
    const auto span = static_cast<std::size_t>(std::max(layer.shortcut, 1));
    const TensorType& residual = tensors[span <= i + 1 ? i + 1 - span : 0];
    network.types.push_back({tensors[i], tensors[i + 1], residual, DataType::kS8});
    network.specs.push_back(layer);
  }
  if (tensors.back().type == DataType::kU8) {
    network.specs.push_back(conversion("dequantize", Op::kDequantize, layers.back().out_channels));
    network.types.push_back({tensors.back(), TensorType(), TensorType(), DataType::kF32});
  }
  return network;
}

}  // namespace network
