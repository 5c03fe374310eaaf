// What a damaged model may hold.
#include <gtest/gtest.h>

#include <functional>

#include "engines/graph/claim.hpp"
#include "engines/graph/compile.hpp"
#include "tests/engines/small_graph.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kDims{1, 8, 5, 6};

SmallGraph good() {
  SmallGraph s;
  s.output(s.conv(s.input(kDims), kDims, 4, 3));
  return s;
}

TEST(Check, TakesAGoodGraph) { EXPECT_TRUE(check(good().g).ok()); }

TEST(Check, RefusesDamage) {
  const std::vector<std::pair<const char*, std::function<void(Graph&)>>> damages{
      {"an input that does not exist", [](Graph& g) { g.nodes[0].inputs[0] = 77; }},
      {"a negative input", [](Graph& g) { g.nodes[0].inputs[1] = -2; }},
      {"an input that is missing", [](Graph& g) { g.nodes[0].inputs[0] = kNoValue; }},
      {"its own output", [](Graph& g) { g.nodes[0].inputs[0] = g.nodes[0].outputs[0]; }},
      {"written twice", [](Graph& g) { g.nodes.push_back(g.nodes[0]); }},
      {"a constant is written", [](Graph& g) { g.nodes[0].outputs[0] = g.nodes[0].inputs[1]; }},
      {"too few inputs", [](Graph& g) { g.nodes[0].inputs.resize(1); }},
      {"no output", [](Graph& g) { g.nodes[0].outputs.clear(); }},
      {"other attributes", [](Graph& g) { g.nodes[0].attributes = PoolAttributes{}; }},
      {"no groups", [](Graph& g) { std::get<ConvAttributes>(g.nodes[0].attributes).groups = 0; }},
      {"no stride", [](Graph& g) { std::get<ConvAttributes>(g.nodes[0].attributes).stride_w = 0; }},
      {"negative padding", [](Graph& g) { std::get<ConvAttributes>(g.nodes[0].attributes).padding.left = -1; }},
      {"a short bias", [](Graph& g) { g.nodes[0].inputs[2] = g.constant("b", {3}, {1, 2, 3}); }},
      {"an empty filter", [](Graph& g) { g.nodes[0].inputs[1] = g.constant("f", {4, 0, 3, 3}, {}); }},
      {"a constant without elements", [](Graph& g) { g.values[1].data.floats = nullptr; }},
      {"a constant of unknown size", [](Graph& g) { g.values[1].dims[0] = kUnknown; }},
      {"a size below -1", [](Graph& g) { g.values[0].dims[2] = -3; }},
      {"an output that nobody writes", [](Graph& g) { g.outputs.push_back(g.tensor("x", {1})); }},
      {"an output that does not exist", [](Graph& g) { g.outputs[0] = 99; }},
      {"a constant as an input", [](Graph& g) { g.inputs.push_back(1); }},
  };
  for (const auto& [name, damage] : damages) {
    Graph g = good().g;
    damage(g);
    const Status status = check(g);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << name;
    EXPECT_NE(std::string(status.message()), "") << name;
    EXPECT_EQ(claim(g).status().code(), StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(compile(g).status().code(), StatusCode::kInvalidArgument) << name;
  }
}

TEST(Check, RefusesWhatPassesDivideBy) {
  SmallGraph s;
  s.output(s.node(Op::kSlice, {s.input(kDims)}, kDims, SliceAttributes{{1}, {0}, {4}, {0}}));
  EXPECT_EQ(check(s.g).code(), StatusCode::kInvalidArgument);
  s.g.nodes[0].attributes = SliceAttributes{{1}, {0}, {4}, {}};
  EXPECT_EQ(check(s.g).code(), StatusCode::kInvalidArgument);
  s.g.nodes[0].op = Op::kTranspose;
  s.g.nodes[0].attributes = TransposeAttributes{{0, 1, 1, 3}};
  EXPECT_EQ(check(s.g).code(), StatusCode::kInvalidArgument);
  s.g.nodes[0].op = Op::kDepthToSpace;
  s.g.nodes[0].attributes = BlockAttributes{0, true};
  EXPECT_EQ(check(s.g).code(), StatusCode::kInvalidArgument);
  s.g.nodes[0].op = Op::kResize;
  s.g.nodes[0].attributes = ResizeAttributes{};
  EXPECT_EQ(check(s.g).code(), StatusCode::kInvalidArgument);
}

TEST(Check, ANodeByItself) {
  SmallGraph s;
  const ValueId x = s.input({1, 4, 5, 6});
  const auto code = [&](Op op, std::vector<ValueId> inputs, Attributes attributes) {
    return check(s.g, Node{op, "node", std::move(inputs), {0}, std::move(attributes), {}}).code();
  };
  EXPECT_EQ(code(Op::kAdd, {x, x}, {}), StatusCode::kOk);
  EXPECT_EQ(code(Op::kAdd, {x, kNoValue}, {}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Op::kAdd, {x}, {}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Op::kAdd, {x, x}, ConvAttributes{}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Op::kSlice, {x}, SliceAttributes{{1}, {0}, {2}, {0}}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Op::kConv, {x, s.weights({8, 4, 1, 1}), s.weights({7})}, ConvAttributes{}),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Op::kForeign, {x, kNoValue}, {}), StatusCode::kOk);
}

}  // namespace
}  // namespace tandem::test
