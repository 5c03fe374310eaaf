#include "bench/shapes/planner_shapes.hpp"

#include <algorithm>

#include "bench/shapes/networks.hpp"

namespace tandem::bench::shapes {
namespace {

bool has_choices(Op op) {
  return op == Op::kSeparable || op == Op::kInvertedResidual || op == Op::kDepthwise || op == Op::kPointwise;
}

/// A shape that is in no network: its row, and the size of its input.
struct Extra {
  Row row;
  std::int64_t images, height, width;
};

// name, op, channels in, hidden, out, kernel, stride, shortcut
constexpr Extra kExtras[] = {
    // clang-format off
    {{"separable_112_wide",     Op::kSeparable,        64,    0,  64, 3, 1, 0}, 1, 112, 112},
    {{"separable_7_deep",       Op::kSeparable,       960,    0, 160, 3, 1, 0}, 1,   7,   7},
    {{"separable_5x5",          Op::kSeparable,       240,    0,  80, 5, 2, 0}, 1,  28,  28},
    {{"separable_odd",          Op::kSeparable,       100,    0, 200, 3, 1, 0}, 1,  33,  45},
    {{"separable_batch",        Op::kSeparable,       128,    0, 128, 3, 1, 0}, 4,  28,  28},
    {{"separable_narrow",       Op::kSeparable,       256,    0,  16, 3, 1, 0}, 1,  56,  56},
    {{"inverted_expand_1",      Op::kInvertedResidual, 64,   64,  64, 3, 1, 1}, 1,  56,  56},
    {{"inverted_expand_2",      Op::kInvertedResidual, 96,  192,  96, 3, 1, 1}, 1,  28,  28},
    {{"inverted_deep",          Op::kInvertedResidual,192, 1152, 192, 3, 1, 1}, 1,  14,  14},
    {{"inverted_7x7_kernel",    Op::kInvertedResidual, 48,  144,  48, 7, 1, 1}, 1,  28,  28},
    {{"inverted_batch",         Op::kInvertedResidual, 64,  384,  64, 3, 1, 1}, 3,  14,  14},
    {{"inverted_odd",           Op::kInvertedResidual, 30,  110,  30, 3, 1, 1}, 1,  37,  41},
    {{"inverted_wide",          Op::kInvertedResidual, 16,   64,  24, 3, 2, 0}, 1, 160, 160},
    {{"inverted_tiny",          Op::kInvertedResidual, 16,   64,  16, 3, 1, 1}, 1,   8,   8},
    {{"pointwise_square",       Op::kPointwise,       512,    0, 512, 1, 1, 0}, 1,  28,  28},
    {{"pointwise_shallow",      Op::kPointwise,        16,    0,  64, 1, 1, 0}, 1, 112, 112},
    {{"pointwise_deep",         Op::kPointwise,      2048,    0, 256, 1, 1, 0}, 1,   7,   7},
    {{"depthwise_aliasing",     Op::kDepthwise,      1024,    0,1024, 3, 1, 0}, 1,  14,  14},
    {{"depthwise_9x9",          Op::kDepthwise,        96,    0,  96, 9, 1, 0}, 1,  28,  28},
    // clang-format on
};

}  // namespace

std::vector<PlannerShape> planner_shapes() {
  std::vector<PlannerShape> all;
  for (const Table& table : networks()) {
    const std::vector<network::LayerSpec> specs = layer_specs(table);
    for (const bool blocks : {true, false}) {
      for (const PlacedLayer& layer : distinct_layers(blocks ? specs : network::unfuse(specs), table.input)) {
        const bool block = layer.spec.op == Op::kSeparable || layer.spec.op == Op::kInvertedResidual;
        if (!has_choices(layer.spec.op) || block != blocks) continue;
        PlannerShape shape = {std::string(table.name) + "/" + layer.spec.name, layer.spec, layer.input};
        shape.spec.shortcut = std::min(shape.spec.shortcut, 1);
        all.push_back(shape);
      }
    }
  }
  for (const Extra& extra : kExtras) {
    const Row& row = extra.row;
    network::LayerSpec spec = layer_spec(row);
    spec.hidden_activation = spec.activation = Activation::relu6();
    all.push_back({row.name, spec, {extra.images, extra.height, extra.width, row.in_channels}});
  }
  return all;
}

}  // namespace tandem::bench::shapes
