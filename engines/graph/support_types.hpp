// Which types the operators of Tandem compute with: the part of support.cpp that tells fp32 from 8 bits.
#pragma once

#include <string>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"

namespace tandem::graph {

/// Why Tandem has no operator for the types of the node's tensors, as a clause; empty if it has one.
std::string wrong_types(const Graph& graph, const Node& node);

/// Why the sums of a pool or mean on 8 bits may be too large for the library; empty if they are not, or of another node.
std::string wrong_sums(const Graph& graph, const Node& node, const AllDims& dims);

/// Why the weights of a convolution or matrix product on 8 bits cannot be packed; empty if they can.
std::string wrong_weights(const Graph& graph, const Node& node);

}  // namespace tandem::graph
