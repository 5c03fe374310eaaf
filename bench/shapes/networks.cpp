#include "bench/shapes/networks.hpp"

#include <algorithm>
#include <array>

#include "bench/shapes/efficientnet_b0.hpp"
#include "bench/shapes/efficientnet_lite0.hpp"
#include "bench/shapes/heads.hpp"
#include "bench/shapes/mobilenet_v1.hpp"
#include "bench/shapes/mobilenet_v2.hpp"
#include "bench/shapes/mobilenet_v3_large.hpp"
#include "bench/shapes/mobilenet_v3_small.hpp"
#include "bench/shapes/pp_lcnet.hpp"

namespace tandem::bench::shapes {
namespace {

constexpr std::array<Table, 7> kNetworks = {
    kMobilenetV1, kMobilenetV2, kEfficientnetLite0, kMobilenetV3Large, kMobilenetV3Small, kEfficientnetB0, kPpLcnet};

constexpr std::array<Table, 4> kHeads = {kPpOcrDetector, kPoseResnet, kUnet, kDcgan};

bool is_block(Op op) { return op == Op::kSeparable || op == Op::kInvertedResidual; }

bool is_convolution(Op op) { return op != Op::kGlobalAveragePool && op != Op::kFullyConnected; }

/// The activation of a row's layer, or of all stages of its block but the last.
Activation activation_of(const Row& row, const Table& table) {
  switch (row.act) {
    case Act::kNone:
      return Activation::none();
    case Act::kRelu:
      return Activation::relu();
    case Act::kHardSwish:
      return Activation::hard_swish();
    default:
      return is_convolution(row.op) ? table.activation : Activation::none();
  }
}

bool same_shape(const PlacedLayer& a, const PlacedLayer& b) {
  return a.spec.op == b.spec.op && a.input == b.input && a.output == b.output &&
         a.spec.hidden_channels == b.spec.hidden_channels && a.spec.squeezed_channels == b.spec.squeezed_channels &&
         a.spec.kernel == b.spec.kernel && a.spec.stride == b.spec.stride &&
         (a.spec.shortcut == 0) == (b.spec.shortcut == 0);
}

}  // namespace

std::span<const Table> networks() { return kNetworks; }
std::span<const Table> heads() { return kHeads; }

network::LayerSpec layer_spec(const Row& row) {
  network::LayerSpec s;
  s.name = row.name;
  s.op = row.op;
  s.in_channels = row.in_channels;
  s.hidden_channels = row.hidden_channels;
  s.out_channels = row.out_channels;
  s.kernel = row.kernel;
  s.stride = row.stride;
  s.shortcut = row.shortcut;
  s.squeezed_channels = row.squeezed_channels;
  return s;
}

std::vector<network::LayerSpec> layer_specs(const Table& table) {
  std::vector<network::LayerSpec> specs;
  for (const Row& row : table.rows) {
    network::LayerSpec s = layer_spec(row);
    s.activation = activation_of(row, table);
    if (is_block(row.op)) {
      s.hidden_activation = s.activation;
      if (table.linear_block_output) s.activation = Activation::none();
    }
    s.squeeze_activation = table.squeeze;
    s.gate = table.gate;
    specs.push_back(s);
  }
  return specs;
}

std::vector<PlacedLayer> distinct_layers(const std::vector<network::LayerSpec>& specs, const Shape& input) {
  std::vector<PlacedLayer> layers;
  Shape shape = input;
  for (const network::LayerSpec& s : specs) {
    const Row row = {"",       s.op,     s.in_channels, s.hidden_channels, s.out_channels,
                     s.kernel, s.stride, s.shortcut,    Act::kOfTable,     s.squeezed_channels};
    const bool flat = s.op == Op::kGlobalAveragePool || s.op == Op::kFullyConnected;
    const Shape output = {shape.n, flat ? 1 : output_size(s.op, shape.h, s.stride),
                          flat ? 1 : output_size(s.op, shape.w, s.stride), s.out_channels};
    const PlacedLayer layer = {s, shape, output, count_multiply_adds({&row, 1}, shape), 1};
    const auto first = std::find_if(layers.begin(), layers.end(), [&](const auto& l) { return same_shape(l, layer); });
    if (first == layers.end()) {
      layers.push_back(layer);
    } else {
      ++first->times;
    }
    shape = output;
  }
  return layers;
}

}  // namespace tandem::bench::shapes
