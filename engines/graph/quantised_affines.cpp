#include "engines/graph/quantised_affines.hpp"

#include <cmath>

#include "engines/graph/sizes.hpp"

namespace tandem::graph {
namespace {

struct Number {
  float value = 0;
  NodeId dequantize = Uses::kNoNode;
};

// A constant of one element, of floats or of 8 bits behind a kDequantize.
std::optional<Number> number_of(const Graph& graph, const Uses& uses, ValueId id) {
  Number number;
  if (is_scalar(graph, id, &number.value)) return number;
  number.dequantize = uses.writer(id);
  if (number.dequantize == Uses::kNoNode) return std::nullopt;
  const Node& node = graph.nodes[index(number.dequantize)];
  if (node.op != Op::kDequantize || !is_byte_number(graph, node.inputs[0])) return std::nullopt;
  const Value& from = graph.values[index(node.inputs[0])];
  number.value = from.scales[0] * static_cast<float>(integer_at(from, 0) - from.zero_point);
  return number;
}

}  // namespace

bool is_byte_number(const Graph& graph, ValueId id) {
  const Value& value = graph.values[index(id)];
  return value.constant && is_byte(value.type) && elements(value.dims) == 1 && value.scales.size() == 1;
}

Activation NumberAffine::activation(Graph& graph) const {
  const auto constant = [&](float number) -> FloatSpan {
    const ValueId id = graph.constant("affine", {1}, {number});
    return {graph.values[index(id)].data.floats, 1};
  };
  Activation a;
  if (scale != 1) a.scale = constant(scale);
  if (shift != 0) a.shift = constant(shift);
  return a;
}

std::optional<NumberAffine> affine_of_number(const Graph& graph, const Uses& uses, const Node& node) {
  for (const std::size_t i : {1U, 0U}) {
    const auto number = number_of(graph, uses, node.inputs[i]);
    if (!number) continue;
    const ValueId x = node.inputs[1 - i];
    const Value &from = graph.values[index(x)], &constant = graph.values[index(node.inputs[i])];
    // It may add an axis in front.
    if (!from.rank_known || constant.dims.size() > from.dims.size()) continue;
    NumberAffine a{x, 1, 0, number->dequantize};
    switch (node.op) {
      case Op::kAdd:
        a.shift = number->value;
        break;
      case Op::kSub:
        a.scale = i == 0 ? -1.0F : 1.0F;
        a.shift = i == 0 ? number->value : -number->value;
        break;
      case Op::kMul:
        a.scale = number->value;
        break;
      case Op::kDiv:
        if (i == 0) continue;
        a.scale = 1 / number->value;
        break;
      default:
        return std::nullopt;
    }
    if (std::isfinite(a.scale) && std::isfinite(a.shift)) return a;
  }
  return std::nullopt;
}

}  // namespace tandem::graph
