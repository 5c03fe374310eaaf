#include "bench/corpus/corpus.hpp"

#include <algorithm>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/shapes/networks.hpp"

namespace tandem::bench::corpus {
namespace {

using network::LayerSpec;
using network::Op;

/// Adds a layer, or its uses to the layer of the same geometry.
void merge(std::vector<Layer>& layers, const Layer& layer) {
  const auto same = [&](const Layer& other) { return same_geometry(layer, other); };
  const auto found = std::find_if(layers.begin(), layers.end(), same);
  if (found == layers.end()) {
    layers.push_back(layer);
    return;
  }
  for (const auto& [network, times] : layer.uses) found->uses[network] += times;
}

Axis same_padding(std::int64_t input, std::int32_t kernel, std::int32_t stride) {
  const auto size = static_cast<std::int32_t>(input);
  const std::int32_t zeros = std::max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0);
  return {size, kernel, stride, 1, zeros / 2, zeros - zeros / 2};
}

/// A layer that multiplies: a convolution, or a fully connected layer as one pixel.
Layer multiplying(const shapes::PlacedLayer& placed, const std::string& network) {
  const LayerSpec& spec = placed.spec;
  Layer layer;
  layer.images = static_cast<std::int32_t>(placed.input.n);
  layer.in_channels = spec.in_channels;
  layer.out_channels = spec.out_channels;
  layer.gemm = spec.op == Op::kFullyConnected;
  layer.groups = spec.op == Op::kDepthwise ? spec.in_channels : 1;
  layer.rows = same_padding(layer.gemm ? 1 : placed.input.h, spec.kernel, spec.stride);
  layer.columns = same_padding(layer.gemm ? 1 : placed.input.w, spec.kernel, spec.stride);
  layer.uses = {{network, placed.times}};
  return layer;
}

/// The two matrix products of a squeeze-and-excite, on the mean of the image.
std::vector<Layer> squeeze_excite(const shapes::PlacedLayer& placed, const std::string& network) {
  shapes::PlacedLayer reduce = placed;
  reduce.spec.op = Op::kPointwise;
  reduce.input.h = reduce.input.w = 1;
  shapes::PlacedLayer expand = reduce;
  reduce.spec.out_channels = expand.spec.in_channels = placed.spec.hidden_channels;
  return {multiplying(reduce, network), multiplying(expand, network)};
}

std::vector<Layer> layers_of(const shapes::Table& table) {
  std::vector<Layer> layers;
  for (const shapes::PlacedLayer& placed :
       shapes::distinct_layers(network::unfuse(shapes::layer_specs(table)), table.input)) {
    if (placed.spec.op == Op::kGlobalAveragePool) continue;
    if (placed.spec.op == Op::kSqueezeExcite) {
      for (const Layer& layer : squeeze_excite(placed, table.name)) merge(layers, layer);
    } else {
      merge(layers, multiplying(placed, table.name));
    }
  }
  return layers;
}

}  // namespace

Result<std::vector<Layer>> load(const std::string& path) {
  const std::string file = path.empty() ? TANDEM_CORPUS_FILE : path;
  const auto broken = [&](const std::string& reason) {
    return Status(StatusCode::kInvalidArgument, "the corpus \"" + file + "\": " + reason);
  };
  std::ifstream stream(file);
  if (!stream) return broken("cannot be read; --corpus names another file");
  std::vector<Layer> layers;
  std::size_t number = 0;
  try {
    for (const nlohmann::json& object : nlohmann::json::parse(stream)) {
      ++number;
      merge(layers, parse_layer(object));
    }
  } catch (const std::exception& error) {
    return broken("layer " + std::to_string(number) + ": " + error.what());
  }
  for (const shapes::Table& table : shapes::networks()) {
    for (const Layer& layer : layers_of(table)) merge(layers, layer);
  }
  return layers;
}

std::vector<Layer> select(const std::vector<Layer>& layers, const std::string& filter) {
  const auto has = [&](const std::string& text) { return text.find(filter) != std::string::npos; };
  std::vector<Layer> chosen;
  for (const Layer& layer : layers) {
    const bool used = std::any_of(layer.uses.begin(), layer.uses.end(), [&](const auto& u) { return has(u.first); });
    if (used || has(name(layer)) || has(kind(layer))) chosen.push_back(layer);
  }
  return chosen;
}

}  // namespace tandem::bench::corpus
