// Nodes that change nothing.
#include "engines/graph/edit.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {

void drop_neutral(Graph& graph) {
  for (Node& node : graph.nodes) {
    const bool product = node.op == Op::kMul || node.op == Op::kDiv;
    if (!product && node.op != Op::kAdd && node.op != Op::kSub) continue;
    const bool commutes = node.op == Op::kMul || node.op == Op::kAdd;
    for (const std::size_t i : {1U, 0U}) {
      const ValueId x = node.inputs[1 - i];
      float number = 0;
      if ((i == 0 && !commutes) || !is_scalar(graph, node.inputs[i], &number) || number != (product ? 1.0F : 0.0F)) {
        continue;
      }
      // The number may add an axis in front.
      const Value &from = graph.values[index(x)], &constant = graph.values[index(node.inputs[i])];
      if (!from.rank_known || constant.dims.size() > from.dims.size()) continue;
      node.op = Op::kIdentity;
      node.inputs = {x};
      break;
    }
  }
}

void drop_identities(Graph& graph) {
  std::vector<bool> gone(graph.nodes.size(), false);
  Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (node.op != Op::kIdentity || graph.values[index(node.inputs[0])].type != ElementType::kF32) continue;
    // A copy from an input or a constant to an output has to stay, and so does the name of a second output.
    const NodeId writer = uses.writer(node.inputs[0]);
    if (uses.is_output(node.outputs[0]) && (writer == Uses::kNoNode || uses.is_output(node.inputs[0]))) continue;
    // The engine still has the identity, and its readers wait for it. So it belongs to the node that writes its input, or
    // to its reader if that is the only one: then no path leads from it past its heir.
    const NodeId heir = writer != Uses::kNoNode ? writer : uses.only_reader(node.outputs[0]);
    if (heir == Uses::kNoNode) continue;
    join_sources(graph.nodes[index(heir)], node);
    const ValueId from = node.outputs[0], to = node.inputs[0];
    {
      const Uses::Change change(uses, graph, node);
      node.inputs.clear();
      node.outputs.clear();
    }
    replace_uses(graph, uses, from, to);
    gone[i] = true;
  }
  remove_nodes(graph, gone);
}

}  // namespace tandem::graph
