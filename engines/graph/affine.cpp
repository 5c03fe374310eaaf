#include "engines/graph/affine.hpp"

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

// The constant's elements for the channels of x, if it has one for each, or one for all, and does not change x's shape.
std::optional<std::vector<double>> by_channel(const Graph& graph, ValueId constant, const Dims& x, std::size_t axis,
                                              std::int64_t channels) {
  const auto data = floats(graph, constant);
  const Dims& dims = graph.values[index(constant)].dims;
  if (data.empty() || dims.size() > x.size()) return std::nullopt;
  const std::size_t front = x.size() - dims.size();
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 1 && (front + i != axis || dims[i] != channels)) return std::nullopt;
  }
  std::vector<double> values(static_cast<std::size_t>(channels));
  for (std::size_t c = 0; c < values.size(); ++c) values[c] = static_cast<double>(data[data.size() == 1 ? 0 : c]);
  return values;
}

}  // namespace

std::optional<Affine> find_affine(const Graph& graph, const AllDims& dims, const Node& node, bool matrix,
                                  std::int64_t channels) {
  if (node.op < Op::kAdd || node.op > Op::kDiv) return std::nullopt;
  for (const std::size_t i : {1U, 0U}) {
    if (i == 0 && (node.op == Op::kSub || node.op == Op::kDiv)) continue;
    const ValueId x = node.inputs[1 - i];
    const auto& from = dims[index(x)];
    if (!from || from->empty() || (!matrix && from->size() != 4)) continue;
    const std::size_t axis = matrix ? from->size() - 1 : image_axes(graph.layout).c;
    auto values = by_channel(graph, node.inputs[i], *from, axis, channels);
    if (!values) continue;
    for (double& v : *values) v = node.op == Op::kSub ? -v : node.op == Op::kDiv ? 1 / v : v;
    return Affine{x, node.op == Op::kMul || node.op == Op::kDiv, std::move(*values)};
  }
  return std::nullopt;
}

}  // namespace tandem::graph
