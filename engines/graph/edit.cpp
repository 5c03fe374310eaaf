// Looking at a graph and changing it.
#include "engines/graph/edit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engines/graph/infer.hpp"

namespace tandem::graph {

Uses::Uses(const Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) add(graph, static_cast<NodeId>(i), graph.nodes[i]);
  add(graph, kNoNode, {});  // a graph without nodes has values, too
  for (const ValueId id : graph.outputs) is_output_[index(id)] = true;
}

void Uses::add(const Graph& graph, NodeId id, const Node& node) {
  writers_.resize(graph.values.size(), kNoNode);
  readers_.resize(graph.values.size());
  is_output_.resize(graph.values.size(), false);
  for (const ValueId value : node.outputs) {
    if (value != kNoValue) writers_[index(value)] = id;
  }
  for (const ValueId value : node.inputs) {
    if (value != kNoValue) readers_[index(value)].push_back(id);
  }
}

void Uses::remove(NodeId id, const Node& node) {
  for (const ValueId value : node.outputs) {
    if (value != kNoValue && writers_[index(value)] == id) writers_[index(value)] = kNoNode;
  }
  for (const ValueId value : node.inputs) {
    if (value == kNoValue) continue;
    auto& readers = readers_[index(value)];
    readers.erase(std::find(readers.begin(), readers.end(), id));
  }
}

std::span<const float> floats(const Graph& graph, ValueId id) {
  if (id == kNoValue) return {};
  const Value& value = graph.values[index(id)];
  if (!value.constant || value.type != ElementType::kF32) return {};
  return {value.data.floats, static_cast<std::size_t>(elements(value.dims))};
}

bool is_scalar(const Graph& graph, ValueId id, float* element) {
  const auto data = floats(graph, id);
  if (data.size() != 1) return false;
  *element = data[0];
  return true;
}

bool is_number(const Graph& graph, ValueId id, float expected) {
  float element = 0;
  return is_scalar(graph, id, &element) &&
         std::abs(element - expected) <= 2 * std::numeric_limits<float>::epsilon() * std::abs(expected);
}

void join_sources(Node& to, const Node& from) {
  for (const std::int32_t source : from.sources) {
    if (std::find(to.sources.begin(), to.sources.end(), source) == to.sources.end()) to.sources.push_back(source);
  }
}

void remove_nodes(Graph& graph, const std::vector<bool>& gone) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (gone[i]) continue;
    if (kept != i) graph.nodes[kept] = std::move(graph.nodes[i]);
    ++kept;
  }
  graph.nodes.resize(kept);
}

void replace_uses(Graph& graph, Uses& uses, ValueId from, ValueId to) {
  const std::vector<NodeId> readers = uses.readers(from);
  for (const NodeId reader : readers) {
    Node& node = graph.nodes[index(reader)];
    const Uses::Change change(uses, graph, node);
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
  }
  if (!uses.is_output(from)) return;
  std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
  uses.move_output(from, to);
}

}  // namespace tandem::graph
