#include "engines/graph/quantised_weights.hpp"

#include <cmath>
#include <limits>

#include "engines/graph/sizes.hpp"

namespace tandem::graph {
namespace {

// The axis of the output channels of a filter, and how many there are.
std::optional<std::size_t> output_axis(const Node& node, const Dims& dims) {
  if (node.op == Op::kMatMul) {
    if (dims.size() != 2) return std::nullopt;
    return std::get<MatMulAttributes>(node.attributes).filter_transposed ? 0 : 1;
  }
  if (dims.size() != 4) return std::nullopt;
  const auto* transposed = std::get_if<ConvTransposeAttributes>(&node.attributes);
  switch (transposed != nullptr ? transposed->filter_layout : std::get<ConvAttributes>(node.attributes).filter_layout) {
    case FilterLayout::kOihw:
    case FilterLayout::kOhwi:
      return 0;
    case FilterLayout::kHwio:
    case FilterLayout::k1hwc:
      return 3;
    case FilterLayout::kIohw:  // of several groups the axis has the outputs of one
      if (transposed != nullptr && transposed->groups == 1) return 1;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

const Node* dequantize_of(const Graph& graph, const Uses& uses, ValueId id) {
  const NodeId writer = uses.writer(id);
  if (writer == Uses::kNoNode) return nullptr;
  const Node& node = graph.nodes[index(writer)];
  return node.op == Op::kDequantize && graph.values[index(node.inputs[0])].constant ? &node : nullptr;
}

float at(const std::vector<float>& scales, std::size_t i) { return scales[scales.size() == 1 ? 0 : i]; }

// Integers near `reals` in units of `unit(m)`; nothing if one has more than 32 bits.
template <class Unit>
std::optional<std::vector<std::int64_t>> in_units(const std::vector<double>& reals, std::size_t channels, Unit unit) {
  std::vector<std::int64_t> integers;
  if (reals.size() != channels && reals.size() != 1) return std::nullopt;
  for (std::size_t m = 0; m < channels; ++m) {
    const double q = std::nearbyint(reals[reals.size() == 1 ? 0 : m] / unit(m));
    if (!(std::abs(q) < 0x1p31)) return std::nullopt;
    integers.push_back(static_cast<std::int64_t>(q));
  }
  return integers;
}

}  // namespace

std::optional<QuantisedWeights> quantised_weights(const Graph& graph, const Uses& uses, const Node& node,
                                                  float src_scale, float dst_scale) {
  QuantisedWeights w;
  w.filter_node = dequantize_of(graph, uses, node.inputs[1]);
  if (w.filter_node == nullptr) return std::nullopt;
  const Value& filter = graph.values[index(w.filter_node->inputs[0])];
  const auto& a = std::get<QuantizeAttributes>(w.filter_node->attributes);
  const auto axis = output_axis(node, filter.dims);
  if (!is_byte(filter.type) || !axis || a.zero_point != (filter.type == ElementType::kU8 ? 128 : 0))
    return std::nullopt;
  const auto channels = static_cast<std::size_t>(filter.dims[*axis]);
  if (a.scales.size() != 1 && (resolve_axis(a.axis, filter.dims.size()) != *axis || a.scales.size() != channels)) {
    return std::nullopt;
  }
  w.filter = filter;
  w.filter.scales = a.scales;
  w.filter.zero_point = a.zero_point;
  if (node.inputs.size() < 3 || node.inputs[2] == kNoValue) return w;
  // An engine adds an integer bias to the sums as it is. Its scale then differs from that of the products by rounding alone.
  const auto unit = [&](std::size_t m) {
    return static_cast<double>(src_scale) * static_cast<double>(at(a.scales, m));
  };
  std::vector<double> reals;
  w.bias_node = dequantize_of(graph, uses, node.inputs[2]);
  if (w.bias_node != nullptr) {
    const Value& bias = graph.values[index(w.bias_node->inputs[0])];
    const auto& scales = std::get<QuantizeAttributes>(w.bias_node->attributes).scales;
    if (bias.type != ElementType::kInteger || bias.data.integers.empty()) return std::nullopt;
    for (std::size_t m = 0; m < bias.data.integers.size(); ++m) {
      const auto scale = static_cast<double>(at(scales, m));
      const bool same = std::abs(scale / unit(m) - 1) < 1e-5;
      reals.push_back(static_cast<double>(bias.data.integers[m]) * (same ? unit(m) : scale));
    }
  } else {
    for (const float b : floats(graph, node.inputs[2])) reals.push_back(static_cast<double>(b));
  }
  auto integers = in_units(reals, channels, unit);
  if (!integers) return std::nullopt;
  // A channel that training has switched off has weights of 1e-20 or so, and a quantiser gives it the largest bias there is. No
  // sum of it reaches a quarter of a step, so it may as well have none, and its sums fit 32 bits.
  const double products = 255.0 * 128.0 * static_cast<double>(elements(filter.dims)) / static_cast<double>(channels);
  for (std::size_t m = 0; m < channels && dst_scale > 0; ++m) {
    const double most = std::abs(static_cast<double>((*integers)[m])) + products;
    if (most >= 0x1p31 && most * unit(m) < 0.25 * static_cast<double>(dst_scale)) (*integers)[m] = 0;
  }
  Value bias;
  bias.name = node.name + " bias";
  bias.dims = {static_cast<std::int64_t>(channels)};
  bias.type = ElementType::kInteger;
  bias.constant = true;
  bias.data.integers = std::move(*integers);
  w.bias = std::move(bias);
  return w;
}

}  // namespace tandem::graph
