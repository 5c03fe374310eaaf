// Constants of 8 bits or integers whose DequantizeLinear no operator on 8 bits has taken become constants of floats.
#include <algorithm>
#include <vector>

#include "engines/graph/edit.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/sizes.hpp"

namespace tandem::graph {
namespace {

// The real numbers of a constant.
std::vector<float> reals_of(const Value& value, const QuantizeAttributes& a) {
  const auto count = static_cast<std::size_t>(elements(value.dims));
  std::size_t inner = 1, channels = 1;
  if (a.scales.size() > 1) {
    const std::size_t axis = resolve_axis(a.axis, value.dims.size());
    channels = a.scales.size();
    for (std::size_t i = axis + 1; i < value.dims.size(); ++i) inner *= static_cast<std::size_t>(value.dims[i]);
  }
  std::vector<float> reals(count);
  for (std::size_t i = 0; i < count; ++i) {
    reals[i] = static_cast<float>(integer_at(value, i) - a.zero_point) * a.scales[i / inner % channels];
  }
  return reals;
}

// A convolution that is left between DQs runs on 8 bits in the engine, which floats would not make faster.
bool is_quantised_in_engine(const Graph& graph, const Uses& uses, const Node& node) {
  if (node.op != Op::kConv && node.op != Op::kMatMul) return false;
  const NodeId writer = uses.writer(node.inputs[0]);
  return writer != Uses::kNoNode && graph.nodes[index(writer)].op == Op::kDequantize;
}

}  // namespace

void fold_dequantized_constants(Graph& graph) {
  Uses uses(graph);
  std::vector<bool> gone(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node node = graph.nodes[i];
    if (node.op != Op::kDequantize || !graph.values[index(node.inputs[0])].constant) continue;
    const std::vector<NodeId> readers = uses.readers(node.outputs[0]);
    if (readers.empty() || uses.is_output(node.outputs[0])) continue;
    if (std::any_of(readers.begin(), readers.end(),
                    [&](NodeId reader) { return is_quantised_in_engine(graph, uses, graph.nodes[index(reader)]); }))
      continue;
    const Value& from = graph.values[index(node.inputs[0])];
    const auto reals = reals_of(from, std::get<QuantizeAttributes>(node.attributes));
    const ValueId to = graph.constant(from.name + "/reals", from.dims, reals);
    for (const NodeId reader : readers) join_sources(graph.nodes[index(reader)], node);
    replace_uses(graph, uses, node.outputs[0], to);
    gone[i] = true;
  }
  remove_nodes(graph, gone);
}

}  // namespace tandem::graph
