// Products and sums with a constant: one number, or one for each channel.
#pragma once

#include <optional>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"

namespace tandem::graph {

/// y = x * values[c] or y = x + values[c].
struct Affine {
  ValueId x = kNoValue;
  bool product = false;
  std::vector<double> values;  ///< one for each channel
};

/// What an Add, Sub, Mul or Div with a constant does to its other input; nothing if it changes its shape, or if the constant
/// is not by channel. `matrix`: the channels are the last axis, as behind a matrix product, not an image's.
std::optional<Affine> find_affine(const Graph& graph, const AllDims& dims, const Node& node, bool matrix,
                                  std::int64_t channels);

}  // namespace tandem::graph
