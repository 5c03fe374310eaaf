// What a graph means: every operator by its definition, in double, without looking at how the library does it. Each
// element carries a bound on what fp32 may differ by, however the passes arrange the operations:
//   a sum of n products:  sum |f| * e(x) + (n + 16) * 2^-24 * sum |f * x|
//   other operators:      their slope times the bound of what they read, and a few units in the last place
// Folding a constant into weights rounds them once more: that is in the 16.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engines/graph/graph.hpp"

namespace tandem::test {

struct Number {
  double value = 0;
  double error = 0;
};

struct Array {
  graph::Dims dims;
  std::vector<Number> numbers;
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(numbers.size()); }
};

using Arrays = std::map<graph::ValueId, Array>;

/// A float constant as an array.
Array constant_array(const graph::Value& value);

/// Computes the node's outputs. The operator is one of those that readers write, on floats.
void interpret(const graph::Graph& graph, const graph::Node& node, Arrays& arrays);

/// All nodes from the graph's inputs, which `arrays` has; constants are added.
void interpret(const graph::Graph& graph, Arrays& arrays);

}  // namespace tandem::test
