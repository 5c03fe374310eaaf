// Each pass of fuse() on small graphs.
#include "engines/graph/fuse.hpp"

#include <gtest/gtest.h>

#include "tests/engines/small_graph.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kDims{1, 8, 5, 6};

std::string fused(const SmallGraph& s, void (*pass)(Graph&) = fuse) {
  EXPECT_TRUE(check(s.g).ok()) << check(s.g).message();
  Graph after = s.g;
  pass(after);
  EXPECT_TRUE(check(after).ok()) << check(after).message() << print(after);
  return ops(after);
}

TEST(FuseEpilogues, ResNetAddsBeforeTheActivation) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId sum = s.node(Op::kAdd, {s.conv(x, kDims, 8, 3), x}, kDims);
  s.output(s.activation(sum, kDims, Activation::relu()));
  EXPECT_EQ(fused(s), "Conv");
  Graph after = s.g;
  fuse(after);
  const auto& a = std::get<ConvAttributes>(after.nodes[0].attributes);
  EXPECT_FALSE(a.residual_after_activation);
  EXPECT_EQ(a.activation.lo, 0.0F);
  EXPECT_EQ(after.nodes[0].inputs[3], x);
  EXPECT_EQ(after.nodes[0].sources.size(), 3U);
}

TEST(FuseEpilogues, YoloAddsAfterTheActivation) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId y = s.activation(s.conv(x, kDims, 8, 3), kDims, Activation::silu());
  s.output(s.activation(s.node(Op::kAdd, {x, y}, kDims), kDims, Activation::relu()));
  EXPECT_EQ(fused(s), "Conv Activation");
}

TEST(FuseEpilogues, NotWithAnotherShape) {
  SmallGraph s;
  const ValueId x = s.input(kDims), row = s.input({1, 8, 1, 1});
  s.output(s.node(Op::kAdd, {s.conv(x, kDims, 8, 3), row}, kDims));
  EXPECT_EQ(fused(s), "Conv Add");
}

TEST(FuseEpilogues, NotIfTheSumIsNeeded) {
  SmallGraph s;
  const ValueId y = s.conv(s.input(kDims), kDims, 8, 3);
  s.output(s.activation(y, kDims, Activation::relu()));
  s.output(y);
  EXPECT_EQ(fused(s), "Conv Activation");
}

TEST(FuseEpilogues, TheResidualMayBeWrittenLater) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId early = s.conv(x, kDims, 8, 3);
  const ValueId late = s.node(Op::kForeign, {x}, kDims);
  s.output(s.node(Op::kAdd, {early, late}, kDims));
  EXPECT_EQ(fused(s), "Foreign Conv");
}

const Dims kOpen{1, 8, kUnknown, kUnknown};

ValueId strided(SmallGraph& s, ValueId x, std::int64_t kernel) {
  ConvAttributes a;
  a.stride_h = a.stride_w = 2;
  a.padding = Padding::uniform(static_cast<std::int32_t>(kernel / 2));
  return s.node(Op::kConv, {x, s.weights({8, 8, kernel, kernel})}, kOpen, a);
}

TEST(FuseEpilogues, AResidualOfUnknownSizeIfItIsTheSame) {
  SmallGraph s;
  const ValueId x = s.input(kOpen);
  s.output(s.node(Op::kAdd, {s.conv(x, kOpen, 8, 3), s.activation(x, kOpen, Activation::tanh())}, kOpen));
  EXPECT_EQ(fused(s), "Activation Conv");
}

TEST(FuseEpilogues, AResidualOfUnknownSizeIfItIsHalvedLikewise) {
  for (const std::int64_t kernel : {1, 2}) {  // with 2 x 2 the output may be one larger
    SmallGraph s;
    const ValueId x = s.input(kOpen);
    s.output(s.node(Op::kAdd, {strided(s, x, 3), strided(s, x, kernel)}, kOpen));
    EXPECT_EQ(fused(s), kernel == 1 ? "Conv Conv" : "Conv Conv Add") << kernel;
  }
}

TEST(FuseEpilogues, NotAResidualThatMayHaveToBeBroadcast) {
  SmallGraph s;
  const ValueId x = s.input(kOpen), other = s.input(kOpen);
  s.output(s.node(Op::kAdd, {s.conv(x, kOpen, 8, 3), other}, kOpen));
  EXPECT_EQ(fused(s), "Conv Add");
}

TEST(FuseEpilogues, AnAffineAfterAnActivation) {
  SmallGraph s;  // 3 * (2 * relu(conv) + t)
  ValueId y = s.activation(s.conv(s.input(kDims), kDims, 8, 3), kDims, Activation::relu());
  y = s.node(Op::kAdd, {s.node(Op::kMul, {s.number(2), y}, kDims), s.weights({8, 1, 1})}, kDims);
  s.output(s.node(Op::kMul, {y, s.number(3)}, kDims));
  EXPECT_EQ(fused(s), "Conv");
  Graph after = s.g;
  fuse(after);
  const auto& a = std::get<ConvAttributes>(after.nodes[0].attributes).activation;
  ASSERT_EQ(a.scale.size, 1U);
  EXPECT_EQ(a.scale.data[0], 6.0F);
  ASSERT_EQ(a.shift.size, 8U);
  EXPECT_FLOAT_EQ(a.shift.data[1], 0.6F);
  EXPECT_EQ(after.nodes[0].sources.size(), 5U);
}

TEST(FuseEpilogues, NoAffineAfterAResidualThatIsAddedLater) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId y = s.activation(s.conv(x, kDims, 8, 3), kDims, Activation::relu());
  s.output(s.node(Op::kMul, {s.node(Op::kAdd, {x, y}, kDims), s.number(2)}, kDims));
  EXPECT_EQ(fused(s), "Conv Mul");
}

TEST(FuseEpilogues, AResidualAfterAnAffine) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  ValueId y = s.activation(s.conv(x, kDims, 8, 3), kDims, Activation::relu());
  y = s.node(Op::kMul, {y, s.number(2)}, kDims);
  s.output(s.activation(s.node(Op::kAdd, {x, y}, kDims), kDims, Activation::relu()));
  EXPECT_EQ(fused(s), "Conv Activation");
}

TEST(FuseEpilogues, ChannelsOfAnImageAreNotTheColumnsOfAProduct) {
  SmallGraph s;
  const Dims to{1, 8, 5, 8};
  const ValueId y = s.node(Op::kMatMul, {s.input(kDims), s.weights({6, 8})}, to, MatMulAttributes{});
  s.output(s.node(Op::kPrelu, {y, s.weights({8, 1, 1})}, to));
  EXPECT_EQ(fused(s), "MatMul Activation");
}

TEST(FuseEpilogues, PreluWithASlopeForEachChannel) {
  SmallGraph s;
  s.output(s.node(Op::kPrelu, {s.conv(s.input(kDims), kDims, 8), s.weights({8, 1, 1})}, kDims));
  EXPECT_EQ(fused(s), "Conv");
}

TEST(FuseSqueezeExcites, OutOfItsPieces) {
  for (const bool gate_first : {false, true}) {
    SmallGraph s;
    const ValueId x = s.input(kDims);
    const ValueId hidden = s.activation(s.conv(s.mean(x, kDims), {1, 8, 1, 1}, 2), {1, 2, 1, 1}, Activation::relu());
    const ValueId gate =
        s.activation(s.conv(hidden, {1, 2, 1, 1}, 8), {1, 8, 1, 1}, Activation::hard_sigmoid(0.2F, 0.5F));
    s.output(s.node(Op::kMul, gate_first ? std::vector<ValueId>{gate, x} : std::vector<ValueId>{x, gate}, kDims));
    EXPECT_EQ(fused(s), "SqueezeExcite");
  }
}

TEST(FuseSqueezeExcites, NotWhenTheGateIsForAnotherTensor) {
  SmallGraph s;
  const ValueId x = s.input(kDims), other = s.input(kDims);
  const ValueId gate = s.conv(s.conv(s.mean(x, kDims), {1, 8, 1, 1}, 2), {1, 2, 1, 1}, 8);
  s.output(s.node(Op::kMul, {other, gate}, kDims));
  EXPECT_EQ(fused(s), "ReduceMean Conv Conv Mul");
}

TEST(FuseBlocks, MobileNetV1) {
  SmallGraph s;
  const ValueId x = s.conv(s.input(kDims), kDims, 8, 1);
  const ValueId y = s.conv(s.conv(x, kDims, 8, 3, 8), kDims, 16);
  s.output(s.conv(s.conv(y, {1, 16, 5, 6}, 16, 3, 16), {1, 16, 5, 6}, 32));
  EXPECT_EQ(fused(s), "Conv Separable Separable");
}

TEST(FuseBlocks, MobileNetV2) {
  for (const bool residual : {false, true}) {
    SmallGraph s;
    const Dims wide{1, 24, 5, 6};
    const ValueId x = s.input(kDims);
    const ValueId y = s.conv(s.conv(s.conv(x, kDims, 24), wide, 24, 3, 24), wide, 8);
    s.output(residual ? s.node(Op::kAdd, {y, x}, kDims) : y);
    EXPECT_EQ(fused(s), "InvertedResidual");
  }
}

TEST(FuseBlocks, AResidualFromElsewhereLeavesASeparable) {
  SmallGraph s;
  const Dims wide{1, 24, 5, 6};
  const ValueId x = s.input(kDims), other = s.input(kDims);
  const ValueId y = s.conv(s.conv(s.conv(x, kDims, 24), wide, 24, 3, 24), wide, 8);
  s.output(s.node(Op::kAdd, {y, other}, kDims));
  EXPECT_EQ(fused(s), "Conv Separable");
}

TEST(FuseBlocks, NotIfTheDepthwiseOutputIsNeeded) {
  SmallGraph s;
  const ValueId y = s.conv(s.input(kDims), kDims, 8, 3, 8);
  s.output(s.conv(y, kDims, 16));
  s.output(y);
  EXPECT_EQ(fused(s), "Conv Conv");
}

}  // namespace
}  // namespace tandem::test
