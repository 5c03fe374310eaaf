// Sums, products and quotients of a tensor and a number, which become tables.
#pragma once

#include <optional>

#include "engines/graph/edit.hpp"

namespace tandem::graph {

/// scale * x + shift
struct NumberAffine {
  ValueId x;
  float scale, shift;
  NodeId dequantize;  ///< of the number, if that is a constant of 8 bits; else Uses::kNoNode

  /// Its numbers become constants of the graph.
  Activation activation(Graph& graph) const;
};

/// Of a kAdd, kSub, kMul or kDiv; nothing if no input is a constant with one element, or if that changes the shape of the other
/// input.
std::optional<NumberAffine> affine_of_number(const Graph& graph, const Uses& uses, const Node& node);

/// Whether a value is a constant of 8 bits with one element and one scale.
bool is_byte_number(const Graph& graph, ValueId id);

}  // namespace tandem::graph
