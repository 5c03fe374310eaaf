// Levels of a graph.
#include "engines/graph/regions.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

std::vector<std::int32_t> levels(const Graph& graph, const Uses& uses, const std::vector<bool>& taken) {
  std::vector<std::int32_t> level(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < level.size(); ++i) {
    for (const ValueId id : graph.nodes[i].inputs) {
      const NodeId writer = uses.writer(id);
      if (writer == Uses::kNoNode) continue;
      const bool leaves = taken[index(writer)] && !taken[i];
      level[i] = std::max(level[i], level[index(writer)] + (leaves ? 1 : 0));
    }
  }
  return level;
}

}  // namespace

std::vector<std::int32_t> find_regions(const Graph& graph, std::vector<bool>& taken, std::vector<std::string>& why) {
  const Uses uses(graph);
  while (true) {
    std::vector<std::int32_t> region = levels(graph, uses, taken);
    for (std::size_t i = 0; i < region.size(); ++i) region[i] = taken[i] ? region[i] : -1;
    std::map<std::int32_t, std::size_t> first;  // of each source
    bool changed = false;
    std::vector<std::int32_t> torn;
    for (std::size_t i = 0; i < region.size(); ++i) {
      for (const std::int32_t source : graph.nodes[i].sources) {
        const auto [at, fresh] = first.emplace(source, i);
        if (!fresh && region[at->second] != region[i]) torn.push_back(source);
      }
    }
    for (std::size_t i = 0; i < region.size(); ++i) {
      const auto& sources = graph.nodes[i].sources;
      if (!taken[i] || std::none_of(sources.begin(), sources.end(), [&](std::int32_t s) {
            return std::find(torn.begin(), torn.end(), s) != torn.end();
          })) {
        continue;
      }
      taken[i] = false;
      changed = true;
      why[i] = "another part of the same node is left to the engine";
    }
    if (!changed) return region;
  }
}

std::vector<std::int32_t> connected_parts(const Graph& graph, const std::vector<std::int32_t>& regions) {
  std::vector<std::size_t> parent(regions.size());
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  const auto join = [&](std::size_t a, std::size_t b) {
    if (regions[a] != -1 && regions[a] == regions[b]) parent[root(b)] = root(a);
  };
  const Uses uses(graph);
  std::map<std::int32_t, std::size_t> first;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    for (const ValueId id : graph.nodes[i].inputs) {
      const NodeId writer = uses.writer(id);
      if (writer != Uses::kNoNode) join(index(writer), i);
    }
    for (const std::int32_t source : graph.nodes[i].sources) join(first.emplace(source, i).first->second, i);
  }
  std::map<std::size_t, std::int32_t> numbers;
  std::vector<std::int32_t> parts(regions.size(), -1);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (regions[i] == -1) continue;
    parts[i] = numbers.emplace(root(i), static_cast<std::int32_t>(numbers.size())).first->second;
  }
  return parts;
}

}  // namespace tandem::graph
