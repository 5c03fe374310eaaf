// Sizes of outputs, where operators differ in what they do with a rest, with nothing, or with what does not fit.
#include "engines/graph/infer.hpp"

#include <gtest/gtest.h>

#include "tests/engines/small_graph.hpp"

namespace tandem::test {
namespace {

using namespace graph;

// The dims of the first node's outputs; nothing: it does not fit.
std::optional<std::vector<Dims>> outputs(const SmallGraph& s) {
  AllDims dims;
  for (const Value& value : s.g.values) dims.emplace_back(value.dims);
  if (!infer(s.g, s.g.nodes[0], dims).ok()) return std::nullopt;
  std::vector<Dims> all;
  for (const ValueId id : s.g.nodes[0].outputs) all.push_back(*dims[static_cast<std::size_t>(id)]);
  return all;
}

std::optional<std::vector<Dims>> of(Op op, const Dims& from, Attributes attributes, std::size_t count = 1) {
  SmallGraph s;
  const ValueId x = s.input(from);
  std::vector<ValueId> writes;
  for (std::size_t i = 0; i < count; ++i) writes.push_back(s.g.tensor("out", {}));
  s.g.node(op, "node", {x}, writes, std::move(attributes), 0);
  return outputs(s);
}

using All = std::vector<Dims>;

TEST(Infer, TheLastPartOfASplitHasWhatIsLeft) {
  EXPECT_EQ(of(Op::kSplit, {7, 2}, SplitAttributes{0, {}}, 3), (All{{3, 2}, {3, 2}, {1, 2}}));
  EXPECT_EQ(of(Op::kSplit, {4, 2}, SplitAttributes{0, {}}, 3), (All{{2, 2}, {2, 2}, {0, 2}}));
  EXPECT_EQ(of(Op::kSplit, {7, 2}, SplitAttributes{0, {0, 7}}, 2), (All{{0, 2}, {7, 2}}));
  EXPECT_EQ(of(Op::kSplit, {7, 2}, SplitAttributes{0, {3, 3}}, 2), std::nullopt);
}

TEST(Infer, ASliceMayBeEmpty) {
  EXPECT_EQ(of(Op::kSlice, {2, 5}, SliceAttributes{{1}, {4}, {3}, {1}}), (All{{2, 0}}));
  EXPECT_EQ(of(Op::kSlice, {2, 5}, SliceAttributes{{0, -1}, {1, -3}, {9, 9}, {1, 2}}), (All{{1, 2}}));
}

TEST(Infer, NothingIsKnownOfASliceWithoutLimits) {
  EXPECT_EQ(of(Op::kSlice, {2, 5}, SliceAttributes{{}, {}, {}, {}, false}), (All{{kUnknown, kUnknown}}));
}

TEST(Infer, TheAxisOfAGatherMakesRoomForThoseOfTheIndex) {
  SmallGraph s;
  const ValueId x = s.input({2, 5, 3}), which = s.g.integers("which", {4, 1}, {0, 1, 2, 3});
  s.g.node(Op::kGather, "node", {x, which}, {s.g.tensor("out", {})}, AxisAttributes{1}, 0);
  EXPECT_EQ(outputs(s), (All{{2, 4, 1, 3}}));
}

TEST(Infer, AnEmptyTensorIsFlattened) {
  EXPECT_EQ(of(Op::kReshape, {0, 8, 5}, ReshapeAttributes{true, {0, -1}}), (All{{0, 40}}));
  EXPECT_EQ(of(Op::kReshape, {0, 8, 5}, ReshapeAttributes{true, {-1, 5}}), (All{{0, 5}}));
  EXPECT_EQ(of(Op::kReshape, {0, 7, 3, 1}, ReshapeAttributes{true, {0, 7, 0, 1, -1}}), (All{{0, 7, 3, 1, 1}}));
}

TEST(Infer, WhatDoesNotFitIsNotRoundedDown) {
  EXPECT_EQ(of(Op::kDepthToSpace, {1, 6, 2, 2}, BlockAttributes{2, true}), std::nullopt);
  EXPECT_EQ(of(Op::kSpaceToDepth, {1, 6, 3, 2}, BlockAttributes{2, true}), std::nullopt);
  EXPECT_EQ(of(Op::kPad, {1, 2}, PadAttributes{{0, -2}, {0, -1}, 0}), std::nullopt);
  EXPECT_EQ(of(Op::kReduceMean, {2, 0}, ReduceAttributes{{1}, true}), std::nullopt);
  PoolAttributes pool;
  pool.kernel_h = pool.kernel_w = 3;
  EXPECT_EQ(of(Op::kMaxPool, {1, 6, 2, 4}, pool), std::nullopt);
}

TEST(Infer, AFilterIsForItsOwnChannels) {
  SmallGraph s;
  s.node(Op::kConv, {s.input({1, 4, 5, 6}), s.weights({8, 3, 1, 1})}, {}, ConvAttributes{});
  EXPECT_EQ(outputs(s), std::nullopt);
}

TEST(Infer, TheEngineMayDisagree) {
  for (const Dims& engine : {Dims{1, 4, 5, 6}, Dims{1, 4, kUnknown, 6}, Dims{1, 4, 4, 6}, Dims{4, 5, 6}}) {
    SmallGraph s;
    s.activation(s.input({1, 4, 5, 6}), engine, Activation::relu());
    const bool agrees = engine.size() == 4 && engine[2] != 4;
    EXPECT_EQ(check_dims(s.g, s.g.nodes[0], infer_what_is_known(s.g)).ok(), agrees) << engine.size() << engine[2];
  }
}

}  // namespace
}  // namespace tandem::test
