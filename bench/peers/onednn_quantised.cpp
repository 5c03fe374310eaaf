#include "bench/peers/onednn_quantised.hpp"

#include <cstddef>
#include <stdexcept>

#include "network/layer_weights.hpp"

namespace tandem::bench::peers {
namespace {

void add_weights(QuantisedStage& stage, const network::LayerSpec& spec, const network::LayerTypes& types,
                 const network::WeightSource& source) {
  network::LayerWeights quantised(spec, source, types);
  const Weights weights = quantised.stage("", FilterLayout::kOihw);
  if (!quantised.status().ok()) throw std::runtime_error(quantised.status().message());
  const auto* const filter = static_cast<const std::int8_t*>(weights.filter.data);
  const auto* const bias = static_cast<const std::int32_t*>(weights.bias.data);
  stage.filter.assign(filter, filter + weights.filter.size);
  stage.scales.assign(weights.scales.data, weights.scales.data + weights.scales.size);
  for (std::size_t c = 0; c < weights.bias.size; ++c) {
    stage.bias.push_back(static_cast<float>(bias[c]) * (stage.src.scale * stage.scales[c]));
  }
}

}  // namespace

std::map<std::string, QuantisedStage> quantise_stages(const classify::Model& model) {
  const FloatSpan& picture = model.tensors.tensor("input").values;
  const network::QuantisedNetwork network =
      classify::quantise(model, {{picture.data, picture.data + picture.size}}, 1, nullptr);
  const network::WeightSource source = classify::weights_of(model);
  std::map<std::string, QuantisedStage> stages;
  std::string last;
  for (std::size_t i = 0; i < network.specs.size(); ++i) {
    const network::LayerSpec& spec = network.specs[i];
    const network::LayerTypes& types = network.types[i];
    if (spec.op == network::Op::kAdd) {
      stages[last].residual = types.residual.quantization;
      stages[last].dst = types.dst;
      continue;
    }
    last = spec.name;
    QuantisedStage& stage = stages[last];
    stage.src = types.src.quantization;
    stage.dst = types.dst;
    if (network::has_weights(spec.op)) add_weights(stage, spec, types, source);
  }
  return stages;
}

}  // namespace tandem::bench::peers
