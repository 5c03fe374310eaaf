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

}  // namespace

std::vector<LayerSpec> split_layers(const std::vector<LayerSpec>& specs) {
  std::vector<LayerSpec> split;
  std::vector<std::size_t> first;  // layer in `split` of each stage
  for (LayerSpec stage : unfuse(specs)) {
    first.push_back(split.size());
    const tandem::Activation activation = std::exchange(stage.activation, tandem::Activation::none());
    const std::int32_t shortcut = std::exchange(stage.shortcut, 0);
    split.push_back(stage);

    if (shortcut != 0) {
      LayerSpec add = after(stage, ".add", Op::kAdd);
      add.shortcut = moved_shortcut(shortcut, first, split.size());
      split.push_back(std::move(add));
    }
    if (is_clamp(activation)) {
      split.back().activation = activation;
    } else {
      LayerSpec last = after(stage, ".activation", Op::kActivation);
      last.activation = activation;
      split.push_back(std::move(last));
    }
  }
  return split;
}

}  // namespace network
