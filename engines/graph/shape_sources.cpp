#include "engines/graph/shape_sources.hpp"

#include <algorithm>
#include <vector>

namespace tandem::graph {
namespace {

// All nodes between a shape and the tensors that it is the shape of.
std::vector<NodeId> computed_by(const Graph& graph, const Uses& uses, ValueId shape) {
  std::vector<NodeId> nodes;
  std::vector<ValueId> open{shape};
  while (!open.empty()) {
    const NodeId writer = uses.writer(open.back());
    open.pop_back();
    if (writer == Uses::kNoNode || std::find(nodes.begin(), nodes.end(), writer) != nodes.end()) continue;
    nodes.push_back(writer);
    const Node& from = graph.nodes[index(writer)];
    if (from.op != Op::kShape) open.insert(open.end(), from.inputs.begin(), from.inputs.end());
  }
  return nodes;
}

}  // namespace

bool waits_for_x_alone(const Graph& graph, const Uses& uses, ValueId x, ValueId shape) {
  std::vector<bool> before(graph.values.size(), false);
  std::vector<ValueId> open{x};
  while (!open.empty()) {
    const ValueId id = open.back();
    open.pop_back();
    if (id == kNoValue || before[index(id)]) continue;
    before[index(id)] = true;
    const NodeId writer = uses.writer(id);
    if (writer == Uses::kNoNode) continue;
    const auto& inputs = graph.nodes[index(writer)].inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
  for (const NodeId i : computed_by(graph, uses, shape)) {
    const Node& node = graph.nodes[index(i)];
    if (node.op == Op::kShape && !before[index(node.inputs[0])]) return false;
  }
  return true;
}

void take_shape_sources(const Graph& graph, const Uses& uses, Node& node, ValueId shape) {
  for (const NodeId i : computed_by(graph, uses, shape)) join_sources(node, graph.nodes[index(i)]);
}

}  // namespace tandem::graph
