// Random graphs: claimed, compiled and run, they agree with the interpreter, with the same bits for any number of threads.
#include <gtest/gtest.h>

#include <cstring>

#include "engines/graph/claim.hpp"
#include "tests/engines/random_graph.hpp"
#include "tests/engines/toy_engine.hpp"
#include "tests/random.hpp"

namespace tandem::test {
namespace {

void check_run(const graph::Graph& graph, ToyEngine& engine, const std::vector<FloatArray>& inputs,
               std::vector<FloatArray>* first) {
  const std::vector<FloatArray> got = engine.run(inputs);
  ASSERT_EQ(engine.problem(), "");
  if (!first->empty()) {
    ASSERT_EQ(got.size(), first->size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(std::memcmp(got[i].data.data(), (*first)[i].data.data(), got[i].data.size() * sizeof(float)), 0)
          << "other bits than with one thread";
    }
    return;
  }
  *first = got;
  EXPECT_LE(worst(got, expected(graph, inputs)), 1.0) << engine.explain();
}

TEST(GraphProperty, RandomGraphsAgreeWithTheInterpreter) {
  for (const std::uint64_t seed : sweep(1500, "TANDEM_GRAPH").seeds()) {
    const RandomGraph random = random_graph(seed);
    SCOPED_TRACE("TANDEM_GRAPH_SEED=" + std::to_string(seed) + " TANDEM_GRAPH_COUNT=1\n" + print(random.graph));
    graph::ClaimOptions options;
    options.least_gain = seed % 3 == 0 ? 1 : 0;
    const Result<graph::Claims> claims = claim(random.graph, options);
    ASSERT_TRUE(claims.ok()) << claims.status().message();
    std::vector<FloatArray> first, other_first;
    for (const std::int32_t threads : {1, 2, 3}) {
      ToyEngine engine(random.graph, *claims, threads);
      ASSERT_EQ(engine.problem(), "");
      check_run(random.graph, engine, random.inputs, &first);
      if (!random.other_inputs.empty()) check_run(random.graph, engine, random.other_inputs, &other_first);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace tandem::test
