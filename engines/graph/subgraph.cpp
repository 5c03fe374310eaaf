#include "engines/graph/subgraph.hpp"

#include <algorithm>

#include "engines/graph/edit.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {

Graph subgraph(const Graph& graph, const std::vector<std::int32_t>& sources,
               const std::vector<std::optional<Dims>>& dims) {
  Graph group;
  group.layout = graph.layout;
  group.values = graph.values;
  std::vector<bool> written(graph.values.size()), read(graph.values.size()), needed(graph.values.size());
  const auto mark = [](const std::vector<ValueId>& ids, std::vector<bool>& marks) {
    for (const ValueId id : ids) {
      if (id != kNoValue) marks[index(id)] = true;
    }
  };
  for (const Node& node : graph.nodes) {
    const bool inside = std::any_of(node.sources.begin(), node.sources.end(), [&](std::int32_t source) {
      return std::find(sources.begin(), sources.end(), source) != sources.end();
    });
    mark(node.inputs, inside ? read : needed);
    if (!inside) continue;
    mark(node.outputs, written);
    group.nodes.push_back(node);
  }
  mark(graph.outputs, needed);
  for (std::size_t i = 0; i < group.values.size(); ++i) {
    Value& value = group.values[i];
    if (value.constant) continue;
    if (i < dims.size() && dims[i]) {
      value.dims = *dims[i];
      value.rank_known = true;
    }
    if (read[i] && !written[i]) group.inputs.push_back(static_cast<ValueId>(i));
    if (written[i] && needed[i]) group.outputs.push_back(static_cast<ValueId>(i));
  }
  return group;
}

std::vector<std::int32_t> refused(Graph group) {
  std::vector<std::int32_t> sources;
  if (!check(group).ok()) {
    for (const Node& node : group.nodes) sources.insert(sources.end(), node.sources.begin(), node.sources.end());
    return sources;
  }
  normalise(group);
  fuse(group);
  const AllDims dims = infer_what_is_known(group);
  for (const Node& node : group.nodes) {
    if (!why_not(group, node, dims).empty()) sources.insert(sources.end(), node.sources.begin(), node.sources.end());
  }
  return sources;
}

}  // namespace tandem::graph
