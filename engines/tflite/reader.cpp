#include "engines/tflite/reader.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "engines/graph/error.hpp"
#include "engines/tflite/node_reader.hpp"
#include "engines/tflite/operator_name.hpp"
#include "engines/tflite/operators.hpp"
#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {
namespace {

using tandem::graph::Graph;
using tandem::graph::kNoValue;
using tandem::graph::Layout;
using tandem::graph::Node;
using tandem::graph::Op;
using tandem::graph::ValueId;

// A node that stays with the engine still says which values depend on which.
void add_foreign(const TfLiteContext& context, const ModelNode& node, Values& values, Graph& graph) {
  std::vector<ValueId> reads, writes;
  for (const int tensor : view(node.node.inputs)) reads.push_back(values[tensor]);
  for (const int tensor : view(node.node.outputs)) {
    if (const ValueId id = values[tensor]; id != kNoValue) writes.push_back(id);
  }
  graph.node(Op::kForeign, name_of(context, node.node), std::move(reads), std::move(writes), {}, node.index);
}

// What the passes do not understand stays with TFLite.
void check_nodes(const Graph& graph, std::size_t first) {
  for (std::size_t i = first; i < graph.nodes.size(); ++i) {
    const tandem::Status good = tandem::graph::check(graph, graph.nodes[i]);
    if (!good.ok()) throw Unsupported{tandem::graph::clause_of(good)};
  }
}

std::set<int> indices(std::span<const ModelNode> nodes) {
  std::set<int> indices;
  for (const ModelNode& node : nodes) indices.insert(node.index);
  return indices;
}

void add_nodes(const TfLiteContext& context, std::span<const ModelNode> nodes, Constants& constants, Values& values,
               Network& network) {
  Graph& graph = network.graph;
  graph.layout = Layout::kNhwc;
  const std::set<int> folded = indices(constants.folded());
  for (const ModelNode& node : nodes) {
    if (folded.contains(node.index)) continue;
    const std::size_t before = graph.nodes.size();
    try {
      translate(node.registration.builtin_code, NodeReader(context, node, constants, values, graph));
      check_nodes(graph, before);
    } catch (const Unsupported& unsupported) {
      graph.nodes.resize(before);
      network.reasons[node.index] = operator_name(node.registration) + ": " + unsupported.why;
      add_foreign(context, node, values, graph);
    }
  }
}

}  // namespace

Network read_network(const TfLiteContext& context, std::span<const ModelNode> nodes, Constants& constants) {
  Network network;
  Graph& graph = network.graph;
  Values values(context, constants, graph, false);
  add_nodes(context, nodes, constants, values, network);
  std::vector<bool> read(graph.values.size()), written(graph.values.size());
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.inputs) {
      if (id != kNoValue) read[static_cast<std::size_t>(id)] = true;
    }
    for (const ValueId id : node.outputs) written[static_cast<std::size_t>(id)] = true;
  }
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (written[i] && !read[i]) graph.outputs.push_back(static_cast<ValueId>(i));
    if (read[i] && !written[i] && !graph.values[i].constant) graph.inputs.push_back(static_cast<ValueId>(i));
  }
  return network;
}

Network read_group(const TfLiteContext& context, std::span<const ModelNode> nodes, Constants& constants,
                   const Border& border) {
  Network network;
  Graph& graph = network.graph;
  Values values(context, constants, graph, !border.sizes.empty());
  for (const int tensor : border.inputs) graph.inputs.push_back(values[tensor]);
  for (std::size_t i = 0; i < border.sizes.size(); ++i) {
    graph.values[static_cast<std::size_t>(graph.inputs[i])].dims = border.sizes[i];
  }
  add_nodes(context, nodes, constants, values, network);
  for (const int tensor : border.outputs) graph.outputs.push_back(values[tensor]);
  return network;
}

}  // namespace tandem_tflite
