// Operators on 8 bits that compute nothing.
#pragma once

#include "engines/graph/quantised_nodes.hpp"

namespace tandem::graph {

/// An operator whose output has the elements of its inputs. If it only reads 8 bits, it moves before it: DQ, Reshape becomes
/// Reshape, DQ.
void quantise_move(QuantisedNodes& nodes, Node& node);

/// A Q that reads a DQ: another scale of the same elements.
void quantise_scale(QuantisedNodes& nodes, Node& quantize);

}  // namespace tandem::graph
