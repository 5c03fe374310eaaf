// Which types the operators of Tandem compute with: the part of support.cpp that tells fp32 from 8 bits.
#pragma once

#include <string>

#include "engines/graph/graph.hpp"

namespace tandem::graph {

/// Why the node's types are not those of an operator of Tandem, as a clause; empty if they are.
std::string wrong_types(const Graph& graph, const Node& node);

/// Why the weights of a convolution or matrix product on 8 bits cannot be packed; empty if they can.
std::string quantised_weights(const Graph& graph, const Node& node);

}  // namespace tandem::graph
