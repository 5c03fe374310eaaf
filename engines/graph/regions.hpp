// Which nodes may become one: pure graph arithmetic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/graph/graph.hpp"

namespace tandem::graph {

/// A region for each node, -1 for those that are not taken. No path leaves a region and comes back; neighbours that can be
/// in one region are. Nodes that share a source are all in one region or in none: the others are taken out of `taken`,
/// with a reason in `why` (one for each node).
///
/// The level of a node is how often a path from the inputs to it passes from a node that is taken to one that is not.
/// A path that leaves a level therefore never comes back to it, so the nodes of a level are a region.
std::vector<std::int32_t> find_regions(const Graph& graph, std::vector<bool>& taken, std::vector<std::string>& why);

/// The parts of regions that no value connects: numbers from 0, -1 for nodes that are not taken.
std::vector<std::int32_t> connected_parts(const Graph& graph, const std::vector<std::int32_t>& regions);

}  // namespace tandem::graph
