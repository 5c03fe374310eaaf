// What tests do with a small graph of operators on 8 bits.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engines/graph/compile.hpp"
#include "engines/graph/edit.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/normalise.hpp"
#include "tests/engines/quantised_graph.hpp"
#include "tests/engines/toy_engine.hpp"

namespace tandem::test {

/// The whole graph, compiled, against its nodes one by one.
inline void expect_right(const QuantisedGraph& s, std::uint64_t seed = 3) {
  using namespace graph;
  const Result<Compiled> c = compile(s.g);
  ASSERT_TRUE(c.ok()) << c.status().message();
  std::vector<FloatArray> inputs, outputs(s.g.outputs.size());
  for (const ValueId id : s.g.inputs) inputs.push_back(random_array(s.g.values[index(id)].dims, seed++));
  ASSERT_TRUE(run(*c, inputs, &outputs).ok());
  EXPECT_LE(worst(outputs, expected(s.g, inputs)), 1.0) << c->explain();
}

/// Its operators after all passes.
inline std::string fused(const QuantisedGraph& s) {
  using namespace graph;
  Graph g = s.g;
  normalise(g);
  fuse(g);
  EXPECT_TRUE(check(g).ok()) << check(g).message();
  return ops(g);
}

}  // namespace tandem::test
