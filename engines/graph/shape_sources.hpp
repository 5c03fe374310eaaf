// The nodes that compute a shape, which go where a node takes the shape in.
#pragma once

#include "engines/graph/edit.hpp"

namespace tandem::graph {

/// Whether x is computed from all tensors that `shape` is the shape of. Else the node that takes the shape's sources would
/// have to wait for another tensor, which the graph would no longer tell.
bool waits_for_x_alone(const Graph& graph, const Uses& uses, ValueId x, ValueId shape);

/// The sources of the nodes that computed the shape become the node's as well.
void take_shape_sources(const Graph& graph, const Uses& uses, Node& node, ValueId shape);

}  // namespace tandem::graph
