// Convolutions and matrix products on 8 bits.
#pragma once

#include "engines/graph/quantised_nodes.hpp"

namespace tandem::graph {

/// A convolution or matrix product whose image and filter DQs write. A clamp and a Q after it go inside.
void quantise_product(QuantisedNodes& nodes, Node& node);

}  // namespace tandem::graph
