// What quantise() asks of values of 8 bits, and of the activations between them.
#pragma once

#include "engines/graph/graph.hpp"

namespace tandem::graph {

/// A value of 8 bits gets the scale that all kQuantize and kDequantize give it, or none if they do not agree.
void note_scales(Graph& graph);

bool is_clamp(const Activation& a);
/// Whether all channels have the same function.
bool has_one_number(const Activation& a);
bool same_quantisation(const Value& a, const Value& b);
/// Whether no element of 8 bits is outside the bounds.
bool changes_nothing(const Activation& clamp, const Value& v);

}  // namespace tandem::graph
