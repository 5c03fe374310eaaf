// A group of a graph's nodes by itself, as a reader will hand it to compile(): what claim() knew from the whole graph may be
// lost there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/graph/graph.hpp"

namespace tandem::graph {

/// The nodes with these sources. Inputs are the values that others of the graph's nodes write or nobody does, outputs those
/// that others read; all values keep their ids.
/// @param dims  Claims::dims
Graph subgraph(const Graph& graph, const std::vector<std::int32_t>& sources,
               const std::vector<std::optional<Dims>>& dims);

/// The sources of the nodes that compile() would refuse. Nothing is packed for that.
std::vector<std::int32_t> refused(Graph group);

}  // namespace tandem::graph
