// Random small graphs, as readers write them: convolutions of all kinds with what exporters put around them.
#pragma once

#include <cstdint>
#include <vector>

#include "engines/graph/graph.hpp"
#include "tests/engines/toy_engine.hpp"

namespace tandem::test {

struct RandomGraph {
  graph::Graph graph;
  std::vector<FloatArray> inputs;        ///< for one size
  std::vector<FloatArray> other_inputs;  ///< for another size; empty if all sizes are fixed
};

RandomGraph random_graph(std::uint64_t seed);

}  // namespace tandem::test
