#include "layer_specs.hpp"

#include <cmath>

namespace tandem::test {

using network::LayerSpec;
using network::Op;

LayerSpec layer(const char* name, Op op, std::int32_t in, std::int32_t out, const Activation& activation) {
  LayerSpec spec;
  spec.name = name;
  spec.op = op;
  spec.in_channels = in;
  spec.out_channels = out;
  spec.activation = activation;
  return spec;
}

std::vector<LayerSpec> branched() {
  std::vector<LayerSpec> specs = {
      layer("stem", Op::kConv2d, 3, 16, Activation::hard_swish()),
      layer("block", Op::kInvertedResidual, 16, 16),
      layer("join", Op::kPointwise, 16, 16, Activation::relu()),
      layer("filter", Op::kDepthwise, 16, 16, Activation::silu()),
      layer("pool", Op::kGlobalAveragePool, 16, 16),
  };
  specs[0].kernel = specs[1].kernel = specs[3].kernel = 3;
  specs[1].hidden_channels = 32;
  specs[1].hidden_activation = Activation::hard_swish();
  specs[1].shortcut = 1;
  specs[2].shortcut = 2;
  return specs;
}

std::vector<LayerSpec> squeezed() {
  std::vector<LayerSpec> specs = {layer("stem", Op::kConv2d, 3, 16, Activation::relu6()),
                                  layer("adds", Op::kInvertedResidual, 16, 16),
                                  layer("pair", Op::kSeparable, 16, 24, Activation::relu()),
                                  layer("widens", Op::kInvertedResidual, 24, 32),
                                  layer("filter", Op::kDepthwise, 32, 32, Activation::hard_swish()),
                                  layer("gates", Op::kSqueezeExcite, 32, 32),
                                  layer("join", Op::kPointwise, 32, 32),
                                  layer("last", Op::kPointwise, 32, 8)};
  for (LayerSpec& spec : specs) spec.kernel = spec.op == Op::kPointwise ? 1 : 3;
  specs[0].stride = 2;
  for (const std::size_t block : {1U, 2U, 3U}) {
    specs[block].hidden_activation = Activation::relu();
    specs[block].squeezed_channels = 8;
    specs[block].gate = Activation::hard_sigmoid();
  }
  specs[1].hidden_channels = specs[3].hidden_channels = 64;
  specs[1].shortcut = 1;
  specs[2].squeeze_activation = Activation::silu();
  specs[3].gate = Activation::sigmoid();
  specs[3].stride = 2;
  specs[5].hidden_channels = 8;
  specs[5].gate = Activation::relu6();
  specs[6].shortcut = 3;
  return specs;
}

double relative_error(const std::vector<float>& got, const std::vector<float>& expected) {
  double error = 0.0, signal = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto value = static_cast<double>(expected[i]);
    error += (static_cast<double>(got[i]) - value) * (static_cast<double>(got[i]) - value);
    signal += value * value;
  }
  return std::sqrt(error / signal);
}

}  // namespace tandem::test
