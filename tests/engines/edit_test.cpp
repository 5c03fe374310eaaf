// Who reads and who writes, while a graph changes.
#include "engines/graph/edit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engines/small_graph.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kDims{1, 4, 5, 6};

void expect_same(const Uses& uses, const Graph& g) {
  const Uses fresh(g);
  for (std::size_t i = 0; i < g.values.size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    EXPECT_EQ(uses.writer(id), fresh.writer(id)) << i;
    EXPECT_EQ(uses.is_output(id), fresh.is_output(id)) << i;
    auto a = uses.readers(id), b = fresh.readers(id);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    EXPECT_EQ(a, b) << i;
  }
}

TEST(Uses, FollowsAChange) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId y = s.node(Op::kAdd, {x, x}, kDims);
  s.output(s.node(Op::kMul, {y, x}, kDims));
  Uses uses(s.g);
  {
    const Uses::Change change(uses, s.g, s.g.nodes[0]);
    EXPECT_EQ(uses.writer(y), Uses::kNoNode);
    EXPECT_EQ(uses.readers(x), std::vector<NodeId>{1});
    s.g.nodes[0].inputs = {x, s.number(2)};
  }
  expect_same(uses, s.g);
}

TEST(Uses, FollowsAReplacedValue) {
  SmallGraph s;
  const ValueId x = s.activation(s.input(kDims), kDims, Activation::relu());
  const ValueId y = s.node(Op::kIdentity, {x}, kDims);
  s.node(Op::kAdd, {y, y}, kDims);
  s.output(y);
  Uses uses(s.g);
  replace_uses(s.g, uses, y, x);
  EXPECT_EQ(s.g.nodes[2].inputs, (std::vector<ValueId>{x, x}));
  EXPECT_EQ(s.g.outputs, std::vector<ValueId>{x});
  expect_same(uses, s.g);
}

}  // namespace
}  // namespace tandem::test
