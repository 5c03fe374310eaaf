// Joins neighbours into what Tandem runs as one operator. Each function is one pass; fuse() runs them in order. The graph
// has been normalised. A value that is an output of the graph, or that another node reads, stays a value.
#pragma once

#include "engines/graph/graph.hpp"

namespace tandem::graph {

/// Activations and residuals into the convolutions and matrix products before them, products and sums by channel into the
/// activations before them; PReLU with one slope for each channel becomes an activation.
void fuse_epilogues(Graph& graph);

/// x * gate(expand(activation(reduce(mean(x))))) becomes one node.
void fuse_squeeze_excites(Graph& graph);

/// Operators on 8 bits that read one tensor element by element, such as a hard-swish in its pieces, become one table.
void fuse_tables(Graph& graph);

/// Expand, depthwise, project; then depthwise, pointwise.
void fuse_blocks(Graph& graph);

void fuse(Graph& graph);

/// Whether a convolution has one filter for each input channel (or several), which no other channel meets.
bool is_depthwise(const Graph& graph, const Node& node);
/// Whether it has a 1x1 kernel, one group, stride 1 and no padding.
bool is_pointwise(const Graph& graph, const Node& node);

}  // namespace tandem::graph
