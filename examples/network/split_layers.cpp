#include "network/split_layers.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "network/make_operator.hpp"

namespace network {
namespace {

/// A layer without weights on the output of `layer`.
LayerSpec after(const LayerSpec& layer, const char* suffix, Op op) {
  LayerSpec next;
  next.name = layer.name + suffix;
  next.op = op;
  next.in_channels = next.out_channels = layer.out_channels;
  return next;
}

/// The activation of the last layer, which comes from `layer`: part of it if it is a clamp, else a layer after it.
void activate(std::vector<LayerSpec>& split, const LayerSpec& layer, const tandem::Activation& activation) {
  if (is_clamp(activation)) {
    split.back().activation = activation;
    return;
  }
  LayerSpec last = after(layer, ".activation", Op::kActivation);
  last.activation = activation;
  split.push_back(std::move(last));
}

/// The steps of a squeeze-and-excite.
void append_steps(std::vector<LayerSpec>& split, const LayerSpec& whole) {
  const std::size_t input = split.size();  // its tensor
  split.push_back(after(whole, ".mean", Op::kGlobalAveragePool));
  const auto product = [&](const char* suffix, std::int32_t in, std::int32_t out,
                           const tandem::Activation& activation) {
    LayerSpec layer = after(whole, suffix, Op::kFullyConnected);
    layer.in_channels = in;
    layer.out_channels = out;
    layer.layout = whole.layout;
    split.push_back(layer);
    activate(split, layer, activation);
  };
  product(".reduce", whole.in_channels, whole.hidden_channels, whole.squeeze_activation);
  product(".expand", whole.hidden_channels, whole.out_channels, whole.gate);
  LayerSpec gating = after(whole, ".multiply", Op::kMultiply);
  gating.shortcut = static_cast<std::int32_t>(split.size() + 1 - input);
  split.push_back(std::move(gating));
}

}  // namespace

std::vector<LayerSpec> split_layers(const std::vector<LayerSpec>& specs) {
  std::vector<LayerSpec> split;
  std::vector<std::size_t> first;  // layer in `split` of each stage
  for (LayerSpec stage : unfuse(specs)) {
    first.push_back(split.size());
    if (stage.op == Op::kSqueezeExcite) {
      append_steps(split, stage);
      continue;
    }
    const tandem::Activation activation = std::exchange(stage.activation, tandem::Activation::none());
    const std::int32_t shortcut = std::exchange(stage.shortcut, 0);
    split.push_back(stage);

    if (shortcut != 0) {
      LayerSpec add = after(stage, ".add", Op::kAdd);
      add.shortcut = moved_shortcut(shortcut, first, split.size());
      split.push_back(std::move(add));
    }
    activate(split, stage, activation);
  }
  return split;
}

}  // namespace network
