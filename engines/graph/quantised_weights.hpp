// The weights of operators on 8 bits.
#pragma once

#include <optional>
#include <vector>

#include "engines/graph/edit.hpp"
#include "engines/graph/graph.hpp"

namespace tandem::graph {

struct QuantisedWeights {
  Value filter;                       ///< constant of 8 bits, with its scales
  std::optional<Value> bias;          ///< constant integers, in units of src_scale * scale of the filter
  const Node* filter_node = nullptr;  ///< the nodes that made floats of them
  const Node* bias_node = nullptr;    ///< null: the bias was fp32, which is rounded to integers
};

/// The weights of a convolution or matrix product whose filter a kDequantize writes. Nothing if the filter is no constant, has
/// scales along another axis than the output channels, or a zero point that is not the middle of its type, or if the bias
/// does not fit. dst_scale: of the output, or 0 if that is of floats.
std::optional<QuantisedWeights> quantised_weights(const Graph& graph, const Uses& uses, const Node& node,
                                                  float src_scale, float dst_scale);

}  // namespace tandem::graph
