// Looking at a graph and changing it.
#include "engines/graph/edit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engines/graph/infer.hpp"

namespace tandem::graph {

Uses::Uses(const Graph& graph)
    : writers_(graph.values.size(), kNoNode), readers_(graph.values.size()), is_output_(graph.values.size(), false) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto node = static_cast<NodeId>(i);
    for (const ValueId id : graph.nodes[i].outputs) {
      if (id != kNoValue) writers_[index(id)] = node;
    }
    for (const ValueId id : graph.nodes[i].inputs) {
      if (id != kNoValue) readers_[index(id)].push_back(node);
    }
  }
  for (const ValueId id : graph.outputs) is_output_[index(id)] = true;
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

void replace_uses(Graph& graph, ValueId from, ValueId to) {
  for (Node& node : graph.nodes) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
  std::replace(graph.outputs.begin(), graph.outputs.end(), from, to);
}

}  // namespace tandem::graph
