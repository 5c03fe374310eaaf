// Each pass of normalise() on the graphs that exporters write.
#include "engines/graph/normalise.hpp"

#include <gtest/gtest.h>

#include "engines/graph/edit.hpp"
#include "tests/engines/small_graph.hpp"
#include "tests/engines/toy_engine.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kDims{1, 4, 5, 6};

// The pass keeps the meaning: the interpreter computes the same before and after.
void expect_same_meaning(const Graph& before, const Graph& after) {
  std::vector<FloatArray> inputs;
  for (const ValueId id : before.inputs) inputs.push_back(random_array(before.values[index(id)].dims, 7));
  std::vector<FloatArray> got;
  for (const Array& a : expected(after, inputs)) {
    got.push_back({a.dims, {}});
    for (const Number& x : a.numbers) got.back().data.push_back(static_cast<float>(x.value));
  }
  EXPECT_LE(worst(got, expected(before, inputs)), 1.0);
}

void expect_pass(const SmallGraph& s, void (*pass)(Graph&), const std::string& wanted) {
  ASSERT_TRUE(check(s.g).ok()) << check(s.g).message();
  Graph after = s.g;
  pass(after);
  EXPECT_EQ(ops(after), wanted) << print(s.g) << print(after);
  EXPECT_TRUE(check(after).ok()) << check(after).message();
  expect_same_meaning(s.g, after);
}

TEST(FindActivations, HardSwishInFourSpellings) {
  for (const int spelling : {0, 1, 2, 3}) {
    SmallGraph s;
    const ValueId x = s.input(kDims);
    const ValueId c = s.activation(s.node(Op::kAdd, {s.number(3), x}, kDims), kDims, Activation::relu6());
    if (spelling == 0) s.output(s.node(Op::kDiv, {s.node(Op::kMul, {x, c}, kDims), s.number(6)}, kDims));
    if (spelling == 1) s.output(s.node(Op::kMul, {s.node(Op::kMul, {c, x}, kDims), s.number(1.0F / 6)}, kDims));
    if (spelling == 2) s.output(s.node(Op::kMul, {s.node(Op::kDiv, {c, s.number(6)}, kDims), x}, kDims));
    if (spelling == 3) s.output(s.node(Op::kMul, {x, s.node(Op::kMul, {c, s.number(1.0F / 6)}, kDims)}, kDims));
    expect_pass(s, find_activations, "Activation");
    Graph after = s.g;
    find_activations(after);
    EXPECT_EQ(std::get<Activation>(after.nodes[0].attributes).kind, Activation::Kind::kHardSwish);
    EXPECT_EQ(after.nodes[0].sources.size(), 4U);
  }
}

TEST(FindActivations, SiluAndHardSwishAsProducts) {
  for (const auto& gate : {Activation::sigmoid(), Activation::hard_sigmoid(1.0F / 6, 0.5F)}) {
    SmallGraph s;
    const ValueId x = s.input(kDims);
    s.output(s.node(Op::kMul, {s.activation(x, kDims, gate), x}, kDims));
    expect_pass(s, find_activations, "Activation");
  }
}

TEST(FindActivations, LeavesOtherGatesAlone) {
  SmallGraph s;
  const ValueId x = s.input(kDims), other = s.input(kDims);
  const ValueId gate = s.activation(x, kDims, Activation::hard_sigmoid(0.2F, 0.5F));
  s.output(s.node(Op::kMul, {gate, x}, kDims));
  s.output(s.node(Op::kMul, {s.activation(x, kDims, Activation::sigmoid()), other}, kDims));
  expect_pass(s, find_activations, "Activation Mul Activation Mul");
}

TEST(FindActivations, KeepsPiecesThatOthersRead) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId gate = s.activation(x, kDims, Activation::sigmoid());
  s.output(s.node(Op::kMul, {gate, x}, kDims));
  s.output(gate);
  expect_pass(s, find_activations, "Activation Mul");
}

TEST(FindActivations, GeluInThreeSpellings) {
  for (const int spelling : {0, 1, 2}) {
    SmallGraph s;
    const ValueId x = s.input(kDims);
    const ValueId scaled = spelling == 0 ? s.node(Op::kDiv, {x, s.number(1.41421354F)}, kDims)
                                         : s.node(Op::kMul, {x, s.number(0.70710677F)}, kDims);
    const ValueId sum = s.node(Op::kAdd, {s.node(Op::kErf, {scaled}, kDims), s.number(1)}, kDims);
    const auto half = [&](ValueId v) { return s.node(Op::kMul, {v, s.number(0.5F)}, kDims); };
    if (spelling == 0) s.output(half(s.node(Op::kMul, {x, sum}, kDims)));
    if (spelling == 1) s.output(s.node(Op::kMul, {half(x), sum}, kDims));
    if (spelling == 2) s.output(s.node(Op::kMul, {x, half(sum)}, kDims));
    expect_pass(s, find_activations, "Gelu");
  }
}

TEST(FindActivations, ClampsOfNumbers) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  s.output(s.node(Op::kMin, {s.node(Op::kMax, {x, s.number(-0.25F)}, kDims), s.number(0.5F)}, kDims));
  expect_pass(s, find_activations, "Activation");
}

TEST(FoldAffines, BatchNormAfterAConvolution) {
  SmallGraph s;
  const ValueId y = s.conv(s.input(kDims), kDims, 8, 3);
  const Dims to{1, 8, 5, 6};
  s.output(s.node(Op::kBatchNorm, {y, s.weights({8}), s.weights({8}), s.weights({8}), s.weights({8})}, to,
                  BatchNormAttributes{}));
  expect_pass(s, split_batch_norms, "Conv Mul Add");
  expect_pass(
      s,
      [](Graph& g) {
        split_batch_norms(g);
        fold_affines(g);
      },
      "Conv");
}

TEST(FoldAffines, AChainAfterAConvolution) {
  SmallGraph s;
  ValueId y = s.conv(s.input(kDims), kDims, 4, 3, 4);
  y = s.node(Op::kMul, {s.weights({4, 1, 1}), y}, kDims);
  y = s.node(Op::kAdd, {y, s.number(0.5F)}, kDims);
  y = s.node(Op::kSub, {y, s.weights({1, 4, 1, 1})}, kDims);
  s.output(s.node(Op::kDiv, {y, s.number(3)}, kDims));
  expect_pass(s, fold_affines, "Conv");
}

TEST(FoldAffines, BeforeAConvolution) {
  SmallGraph s;
  ValueId x = s.input(kDims);
  x = s.node(Op::kMul, {x, s.weights({4, 1, 1})}, kDims);
  x = s.node(Op::kAdd, {x, s.weights({4, 1, 1})}, kDims);
  s.output(s.conv(x, kDims, 8, 1));
  s.output(s.conv(x, kDims, 3, 1));
  expect_pass(s, fold_affines, "Conv Conv");
}

TEST(FoldAffines, NoSumBeforePadding) {
  SmallGraph s;
  ValueId x = s.input(kDims);
  x = s.node(Op::kAdd, {x, s.number(1)}, kDims);
  s.output(s.conv(x, kDims, 8, 3));
  expect_pass(s, fold_affines, "Add Conv");
}

TEST(FoldAffines, NothingAcrossAnActivationOrASecondReader) {
  SmallGraph s;
  const ValueId y = s.conv(s.input(kDims), kDims, 4, 3);
  const ValueId z = s.activation(y, kDims, Activation::relu());
  s.output(s.node(Op::kMul, {z, s.number(2)}, kDims));
  s.output(s.node(Op::kMul, {y, s.number(2)}, kDims));
  expect_pass(s, fold_affines, "Conv Activation Mul Mul");
}

TEST(FoldAffines, TransposedConvolutionAndMatrix) {
  SmallGraph s;
  const Dims twice{1, 3, 10, 12};
  ConvTransposeAttributes a;
  a.stride_h = a.stride_w = 2;
  const ValueId y = s.node(Op::kConvTranspose, {s.input(kDims), s.weights({4, 3, 2, 2})}, twice, a);
  s.output(s.node(Op::kAdd, {s.node(Op::kMul, {y, s.weights({3, 1, 1})}, twice), s.weights({1, 3, 1, 1})}, twice));
  const Dims rows{2, 7, 9};
  const ValueId m = s.node(Op::kMatMul, {s.input({2, 7, 5}), s.weights({5, 9})}, rows, MatMulAttributes{});
  s.output(s.node(Op::kAdd, {s.weights({9}), s.node(Op::kMul, {m, s.weights({9})}, rows)}, rows));
  expect_pass(s, fold_affines, "ConvTranspose MatMul");
}

TEST(FoldPads, IntoEveryReader) {
  SmallGraph s;
  const ValueId x = s.node(Op::kPad, {s.input(kDims)}, {1, 4, 6, 9}, PadAttributes{{0, 0, 1, 2}, {0, 0, 0, 1}, 0});
  s.output(s.conv(x, {1, 4, 6, 9}, 8, 3));
  s.output(s.conv(x, {1, 4, 6, 9}, 4, 1));
  expect_pass(s, fold_pads, "Conv Conv");
}

TEST(FoldPads, NotOtherNumbersOrAxes) {
  SmallGraph s;
  const ValueId a = s.node(Op::kPad, {s.input(kDims)}, {1, 4, 6, 6}, PadAttributes{{0, 0, 1, 0}, {0, 0, 0, 0}, 1});
  s.output(s.conv(a, {1, 4, 6, 6}, 8, 3));
  const ValueId b = s.node(Op::kPad, {s.input(kDims)}, {1, 5, 5, 6}, PadAttributes{{0, 1, 0, 0}, {0, 0, 0, 0}, 0});
  s.output(s.conv(b, {1, 5, 5, 6}, 8, 3));
  expect_pass(s, fold_pads, "Pad Conv Pad Conv");
}

TEST(FoldShapes, AReshapeToTheBatchAndTheRest) {
  SmallGraph s;
  const ValueId x = s.input({kUnknown, 4, 1, 1});
  Graph& g = s.g;
  const auto integer = [&](Op op, std::vector<ValueId> reads, Attributes a) {
    const ValueId to = g.tensor("i", {1}, ElementType::kInteger);
    g.node(op, "i", std::move(reads), {to}, std::move(a), static_cast<std::int32_t>(g.nodes.size()));
    return to;
  };
  const ValueId shape = integer(Op::kShape, {x}, {});
  const ValueId batch = integer(Op::kSlice, {shape}, SliceAttributes{{0}, {0}, {1}, {1}});
  const ValueId to = integer(Op::kConcat, {batch, g.integers("rest", {1}, {-1})}, AxisAttributes{0});
  s.output(s.node(Op::kReshape, {x, to}, {}, ReshapeAttributes{false, {}}));
  Graph after = g;
  fold_shapes(after);
  ASSERT_EQ(ops(after), "Reshape") << print(after);
  EXPECT_EQ(std::get<ReshapeAttributes>(after.nodes[0].attributes).dims, (Dims{0, -1}));
  EXPECT_EQ(after.nodes[0].sources.size(), 4U);
}

// PyTorch's exporter writes halves of the channels so where the batch is open.
TEST(FoldShapes, ASliceOfHalfTheChannels) {
  SmallGraph s;
  const ValueId x = s.input({kUnknown, 6, kUnknown, 5});
  Graph& g = s.g;
  const auto integer = [&](Op op, std::vector<ValueId> reads, Dims dims, Attributes a) {
    const ValueId to = g.tensor("i", std::move(dims), ElementType::kInteger);
    g.node(op, "i", std::move(reads), {to}, std::move(a), static_cast<std::int32_t>(g.nodes.size()));
    return to;
  };
  const auto number = [&](std::int64_t n) { return g.integers("number", {1}, {n}); };
  const ValueId shape = integer(Op::kShape, {x}, {4}, {});
  const ValueId all = integer(Op::kGather, {shape, number(1)}, {1}, AxisAttributes{0});
  const ValueId odd = integer(Op::kAdd, {all, number(1)}, {1}, {});
  const ValueId half = integer(Op::kDiv, {odd, number(2)}, {1}, {});
  const ValueId end = integer(Op::kMul, {half, number(2)}, {1}, {});
  s.output(s.node(Op::kSlice, {x, half, end, number(1)}, {}, SliceAttributes{{}, {}, {}, {}, false}));
  Graph after = g;
  fold_shapes(after);
  ASSERT_EQ(ops(after), "Slice") << print(after);
  const auto& a = std::get<SliceAttributes>(after.nodes[0].attributes);
  EXPECT_TRUE(a.known);
  EXPECT_EQ(a.axes, (Dims{1}));
  EXPECT_EQ(a.starts, (Dims{3}));
  EXPECT_EQ(a.ends, (Dims{6}));
  EXPECT_EQ(after.nodes[0].inputs, (std::vector<ValueId>{x}));
  EXPECT_EQ(after.nodes[0].sources.size(), 6U);
}

// Limits that depend on an open size, and divisions by 0, are for the engine.
TEST(FoldShapes, NotSlicesWithoutNumbers) {
  for (const std::int64_t axis : {0, 1}) {
    SmallGraph s;
    const ValueId x = s.input({kUnknown, 6, 4, 5});
    Graph& g = s.g;
    const ValueId shape = g.tensor("shape", {4}, ElementType::kInteger),
                  size = g.tensor("size", {1}, ElementType::kInteger);
    const ValueId end = g.tensor("end", {1}, ElementType::kInteger), zero = g.integers("zero", {1}, {0});
    g.node(Op::kShape, "shape", {x}, {shape}, {}, 0);
    g.node(Op::kGather, "size", {shape, g.integers("axis", {1}, {axis})}, {size}, AxisAttributes{0}, 1);
    g.node(Op::kDiv, "end", {size, axis == 0 ? g.integers("two", {1}, {2}) : zero}, {end}, {}, 2);
    s.output(s.node(Op::kSlice, {x, zero, end, zero}, {}, SliceAttributes{{}, {}, {}, {}, false}));
    fold_shapes(g);
    EXPECT_EQ(ops(g), "Shape Gather Div Slice");
  }
}

// A Reshape whose shape is that of another tensor has to wait for it, unless it is computed from it anyway.
TEST(FoldShapes, AReshapeToTheSizeOfAnotherTensor) {
  const auto reshape = [](bool from_y) {
    SmallGraph s;
    const ValueId y = s.input({kUnknown, 4, 3, 3});
    const ValueId x = from_y ? s.activation(y, {kUnknown, 4, 3, 3}, Activation::relu()) : s.input({kUnknown, 4, 3, 3});
    const ValueId shape = s.g.tensor("shape", {4}, ElementType::kInteger);
    s.g.node(Op::kShape, "shape", {y}, {shape}, {}, static_cast<std::int32_t>(s.g.nodes.size()));
    s.output(s.node(Op::kReshape, {x, shape}, {}, ReshapeAttributes{false, {}}));
    fold_shapes(s.g);
    return ops(s.g);
  };
  EXPECT_EQ(reshape(true), "Activation Reshape");
  EXPECT_EQ(reshape(false), "Shape Reshape");
}

// A convolution of lines as a reader writes it: three nodes for one of the engine.
ValueId conv_of_lines(SmallGraph& s, ValueId x, const Dims& line) {
  const auto source = static_cast<std::int32_t>(s.g.nodes.size());
  const Dims image{line[0], line[1], 1, line[2]};
  const ValueId from = s.node(Op::kReshape, {x}, image, ReshapeAttributes{true, {0, 0, 1, -1}});
  const ValueId to = s.node(Op::kConv, {from, s.weights({line[1], line[1], 1, 1})}, image, ConvAttributes{});
  const ValueId y = s.node(Op::kReshape, {to}, line, ReshapeAttributes{true, {0, 0, -1}});
  for (std::size_t i = 1; i <= 3; ++i) s.g.nodes[s.g.nodes.size() - i].sources = {source};
  return y;
}

TEST(LiftLines, WhatLiesBetweenConvolutionsOfLines) {
  for (const std::int64_t batch : {std::int64_t{2}, kUnknown}) {
    SmallGraph s;
    const Dims line{batch, 4, 6};
    const ValueId x = conv_of_lines(s, s.input(line), line);
    const ValueId scaled = s.node(Op::kMul, {s.weights({4, 6}), s.activation(x, line, Activation::relu())}, line);
    const ValueId y = conv_of_lines(s, scaled, line);
    s.output(s.node(Op::kAdd, {x, y}, line));
    const std::string wanted = "Reshape Conv Activation Mul Conv Add Reshape";
    if (batch != kUnknown) expect_pass(s, lift_lines, wanted);
    lift_lines(s.g);
    EXPECT_EQ(ops(s.g), wanted) << print(s.g);
  }
}

TEST(LiftLines, WhatOthersReadStaysALine) {
  SmallGraph s;
  const Dims line{1, 4, 6};
  const ValueId x = conv_of_lines(s, s.input(line), line), other = s.input(line);
  s.output(x);
  s.output(s.node(Op::kSoftmax, {s.node(Op::kAdd, {other, x}, line)}, line, AxisAttributes{1}));
  s.output(s.node(Op::kConcat, {x, other}, {1, 8, 6}, AxisAttributes{-2}));
  s.output(s.node(Op::kReduceMean, {x}, {1, 4}, ReduceAttributes{{-1}, false}));
  expect_pass(s, lift_lines, "Reshape Conv Reshape Reshape Add Reshape Softmax Concat Reshape ReduceMean");
}

// Reshapes of the model's author stand for nodes of the engine, which would be forgotten.
TEST(LiftLines, NotReshapesOfTheModel) {
  SmallGraph s;
  const Dims line{1, 4, 6};
  const ValueId x = conv_of_lines(s, s.input(line), line);
  const ValueId image = s.node(Op::kReshape, {x}, {1, 4, 1, 6}, ReshapeAttributes{true, {0, 0, 1, -1}});
  s.output(s.conv(image, {1, 4, 1, 6}, 4));
  expect_pass(s, lift_lines, "Reshape Conv Reshape Reshape Conv");
}

TEST(DropIdentities, BeforeAndAfterAConvolution) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId y = s.node(Op::kIdentity, {x}, kDims);
  s.output(s.node(Op::kIdentity, {s.conv(y, kDims, 4)}, kDims));
  expect_pass(s, drop_identities, "Conv");
}

}  // namespace
}  // namespace tandem::test
