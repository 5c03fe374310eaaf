// Which values have a first axis of the same size, since one is computed from the other.
#pragma once

#include <vector>

#include "engines/graph/infer.hpp"

namespace tandem::graph {

class Batches {
 public:
  explicit Batches(const Graph& graph);

  /// Learns whether the values that a node writes keep the first axis of its first input.
  void follow(const Node& node, const AllDims& dims);

  [[nodiscard]] bool same(ValueId a, ValueId b) const;

 private:
  std::vector<ValueId> first_;  // with that axis, of each value
};

}  // namespace tandem::graph
