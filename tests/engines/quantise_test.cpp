// Models with operators on 8 bits: which nodes become one, and that they compute what the nodes said.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engines/graph/claim.hpp"
#include "tests/engines/quantised_check.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kImage{1, 8, 6, 6};

std::string after(const QuantisedGraph& s) {
  Graph g = s.g;
  EXPECT_TRUE(check(g).ok()) << check(g).message();
  normalise(g);
  return ops(g);
}

// fp32 -> Q -> DQ -> node -> Q -> DQ -> fp32, with the node's input and output on the scales of two steps.
struct Case {
  const char* name;
  const char* ops;  // between Quantize and Dequantize
  std::function<ValueId(QuantisedGraph&, ValueId)> add;
  QuantisedBy in{0.01F, 3}, out{0.013F, 5};
};

QuantisedGraph graph_of(const Case& c, ElementType type, const Dims& dims = kImage) {
  QuantisedGraph s;
  s.type = type;
  const ValueId x = s.fake(s.input(dims), c.in);
  s.output(s.fake(c.add(s, x), c.out));
  return s;
}

const auto kRelu6 = Activation::clamp(0, 0.6F);

std::vector<Case> cases() {
  return {
      {"conv", "Conv", [](auto& s, ValueId x) { return s.qconv(x, kImage, 16, 3); }},
      {"conv with a clamp", "Conv",
       [](auto& s, ValueId x) { return s.activation(s.qconv(x, kImage, 16, 3), {1, 16, 6, 6}, kRelu6); }},
      {"depthwise", "Conv", [](auto& s, ValueId x) { return s.qconv(x, kImage, 8, 3, 8); }},
      {"groups", "Conv", [](auto& s, ValueId x) { return s.qconv(x, kImage, 16, 3, 2); }},
      {"transposed", "ConvTranspose", [](auto& s, ValueId x) { return s.qtransposed(x, kImage, 16); }},
      {"transposed with a clamp", "ConvTranspose",
       [](auto& s, ValueId x) { return s.activation(s.qtransposed(x, kImage, 16), {1, 16, 12, 12}, kRelu6); }},
      {"pointwise, fp32 bias", "Conv", [](auto& s, ValueId x) { return s.qconv(x, kImage, 16, 1, 1, true); }},
      {"add", "Add",
       [](auto& s, ValueId x) { return s.node(Op::kAdd, {x, s.fake(s.input(kImage), {0.02F, -2})}, kImage); }},
      {"add with a clamp that cuts", "Add Activation",
       [](auto& s, ValueId x) {
         const ValueId sum = s.node(Op::kAdd, {x, s.fake(s.input(kImage), {0.02F, -2})}, kImage);
         return s.activation(sum, kImage, kRelu6);
       }},
      {"add with a clamp that cuts below alone", "Add Activation",
       [](auto& s, ValueId x) { return s.activation(s.node(Op::kAdd, {x, x}, kImage), kImage, Activation::relu()); }},
      {"add with a clamp beyond the elements", "Add",
       [](auto& s, ValueId x) {
         return s.activation(s.node(Op::kAdd, {x, x}, kImage), kImage, Activation::clamp(-100, 100));
       }},
      {"gate", "Mul",
       [](auto& s, ValueId x) { return s.node(Op::kMul, {x, s.fake(s.input({1, 8, 1, 1}), {0.005F, 0})}, kImage); }},
      {"times a number", "Activation",
       [](auto& s, ValueId x) { return s.node(Op::kMul, {s.number(1.7F), x}, kImage); }},
      {"times a number of 8 bits", "Mul",
       [](auto& s, ValueId x) { return s.node(Op::kMul, {x, s.byte_number(0.02F, 71)}, kImage); }},
      {"a number of 8 bits less it", "Sub",
       [](auto& s, ValueId x) { return s.node(Op::kSub, {s.byte_number(0.02F, -30), x}, kImage); }},
      {"plus a number of the other type of 8 bits", "Activation",
       [](auto& s, ValueId x) {
         const ElementType other = s.type == ElementType::kU8 ? ElementType::kS8 : ElementType::kU8;
         return s.node(Op::kAdd, {x, s.byte_number(0.02F, -30, other)}, kImage);
       }},
      {"minus a number", "Activation",
       [](auto& s, ValueId x) { return s.node(Op::kSub, {x, s.number(0.4F)}, kImage); }},
      {"a number less it", "Activation",
       [](auto& s, ValueId x) { return s.node(Op::kSub, {s.number(0.4F), x}, kImage); }},
      {"over a number, with a clamp that cuts", "Activation Activation",
       [](auto& s, ValueId x) { return s.activation(s.node(Op::kDiv, {x, s.number(6)}, kImage), kImage, kRelu6); }},
      {"a number over it", "Dequantize Activation Div Quantize",
       [](auto& s, ValueId x) {
         return s.node(Op::kDiv, {s.number(0.001F), s.node(Op::kMax, {x, s.number(0.5F)}, kImage)}, kImage);
       }},
      {"hard-swish", "Activation",
       [](auto& s, ValueId x) { return s.activation(x, kImage, Activation::hard_swish()); }},
      {"another scale", "Activation", [](auto&, ValueId x) { return x; }},
      {"max pool", "MaxPool Activation",
       [](auto& s, ValueId x) { return s.node(Op::kMaxPool, {x}, {1, 8, 3, 3}, pool2()); }},
      {"average pool", "AveragePool",
       [](auto& s, ValueId x) { return s.node(Op::kAveragePool, {x}, {1, 8, 3, 3}, pool2()); }},
      {"global pool", "ReduceMean", [](auto& s, ValueId x) { return s.mean(x, kImage); }},
      {"reshape",
       "Reshape",
       [](auto& s, ValueId x) { return s.node(Op::kReshape, {x}, {1, 288}, ReshapeAttributes{true, {1, 288}}); },
       {0.01F, 3},
       {0.01F, 3}},
      {"resize",
       "Resize",
       [](auto& s, ValueId x) {
         ResizeAttributes a;
         a.scale_h = a.scale_w = 2;
         return s.node(Op::kResize, {x}, {1, 8, 12, 12}, a);
       },
       {0.01F, 3},
       {0.01F, 3}},
      {"concat of two scales",
       "Activation Concat",
       [](auto& s, ValueId x) {
         const ValueId other = s.fake(s.input(kImage), {0.02F, -2});
         return s.node(Op::kConcat, {x, other}, {1, 16, 6, 6}, AxisAttributes{1});
       },
       {0.01F, 3},
       {0.01F, 3}},
      {"softmax", "Dequantize Softmax Quantize",
       [](auto& s, ValueId x) { return s.node(Op::kSoftmax, {x}, kImage, AxisAttributes{1}); }},
  };
}

// Without the Quantize of each input, which come first but for tables, and the Dequantize of the output.
std::string between(const QuantisedGraph& s) {
  std::string text = after(s);
  for (std::size_t i = 0; i < s.g.inputs.size(); ++i) text.erase(text.find("Quantize "), 9);
  return text.substr(0, text.rfind(' '));
}

TEST(Quantise, OperatorsBetweenDequantizeAndQuantize) {
  for (const Case& c : cases()) {
    for (const ElementType type : {ElementType::kU8, ElementType::kS8}) {
      SCOPED_TRACE(std::string(c.name) + (type == ElementType::kU8 ? ", u8" : ", s8"));
      const QuantisedGraph s = graph_of(c, type);
      EXPECT_EQ(between(s), c.ops);
      expect_right(s);
    }
  }
}

TEST(Quantise, ANodeHasTheSourcesOfAllThatItStandsFor) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});  // 0, 1
  s.output(s.fake(s.qconv(x, kImage, 16, 3), {0.1F, 0}));
  Graph g = s.g;
  normalise(g);
  ASSERT_EQ(ops(g), "Quantize Conv Dequantize");
  EXPECT_EQ(g.nodes[1].sources.size(), s.g.nodes.size() - 2);
  EXPECT_EQ(g.values[index(g.nodes[1].inputs[1])].scales.size(), 16U);
}

TEST(Quantise, EachPartOfASplitHasItsScale) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId a = s.g.tensor("a", {1, 4, 6, 6}), b = s.g.tensor("b", {1, 4, 6, 6});
  s.g.node(Op::kSplit, "split", {x}, {a, b}, SplitAttributes{1, {4, 4}}, 2);
  s.output(s.fake(a, {0.01F, 3}));
  s.output(s.fake(b, {0.02F, 0}));
  EXPECT_EQ(after(s), "Quantize Split Dequantize Activation Dequantize");
  expect_right(s);
}

TEST(Quantise, AReshapeBeforeAMatrixProductStaysOn8Bits) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId rows = s.node(Op::kReshape, {x}, {1, 288}, ReshapeAttributes{true, {1, 288}});
  s.output(s.fake(s.node(Op::kMatMul, {rows, s.filter({288, 10}, 1)}, {1, 10}, MatMulAttributes{}), {0.05F, 4}));
  EXPECT_EQ(after(s), "Quantize Reshape MatMul Dequantize");
  expect_right(s);
}

// The shape is that of another Dequantize of the same bytes, as ONNX Runtime has it.
TEST(Quantise, AReshapeToAComputedShapeStaysOn8Bits) {
  QuantisedGraph s;
  const ValueId bytes = s.quantize(s.input({kUnknown, 8, 6, 6}), {0.01F, 3});
  const ValueId shape = s.g.tensor("shape", {4}, ElementType::kInteger);
  s.g.node(Op::kShape, "shape", {s.dequantize(bytes, {0.01F, 3})}, {shape}, {}, 100);
  const ValueId batch = s.g.tensor("batch", {1}, ElementType::kInteger);
  s.g.node(Op::kSlice, "batch", {shape}, {batch}, SliceAttributes{{0}, {0}, {1}, {1}}, 101);
  const ValueId sizes = s.g.tensor("sizes", {2}, ElementType::kInteger);
  s.g.node(Op::kConcat, "sizes", {batch, s.g.integers("rest", {1}, {-1})}, {sizes}, AxisAttributes{0}, 102);
  const ValueId rows =
      s.node(Op::kReshape, {s.dequantize(bytes, {0.01F, 3}), sizes}, {kUnknown, 288}, ReshapeAttributes{false, {}});
  s.output(s.fake(s.node(Op::kMatMul, {rows, s.filter({288, 10}, 1)}, {kUnknown, 10}, MatMulAttributes{}), {0.05F, 4}));
  EXPECT_EQ(after(s), "Quantize Reshape MatMul Dequantize");
  ClaimOptions options;
  options.least_gain = 0;
  const Result<Claims> claims = claim(s.g, options);
  ASSERT_TRUE(claims.ok());
  for (const Decision& d : claims->decisions) EXPECT_EQ(d.group, 0) << d.op << ": " << d.reason;
}

TEST(Quantise, AConvolutionWithoutQuantizeWritesFloats) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId y = s.activation(s.qconv(x, kImage, 16, 3), {1, 16, 6, 6}, kRelu6);
  s.output(s.activation(y, {1, 16, 6, 6}, Activation::hard_swish()));
  EXPECT_EQ(after(s), "Quantize Conv Activation");
  expect_right(s);
}

TEST(Quantise, AMatrixProductHasItsScalesByColumn) {
  for (const bool transposed : {false, true}) {
    QuantisedGraph s;
    const ValueId x = s.fake(s.input({3, 24}), {0.01F, 3});
    const ValueId filter = s.filter(transposed ? Dims{10, 24} : Dims{24, 10}, transposed ? 0 : 1);
    MatMulAttributes a;
    a.filter_transposed = transposed;
    s.output(s.fake(s.node(Op::kMatMul, {x, filter}, {3, 10}, a), {0.02F, 4}));
    EXPECT_EQ(after(s), "Quantize MatMul Dequantize");
    expect_right(s);
  }
}

// As quantisers leave it: weights of almost nothing, and the largest bias, which could exceed 32 bits with the sums.
TEST(Quantise, AChannelThatIsSwitchedOffNeedsNoBias) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const Dims dims{2, 8, 1, 1};
  const ValueId filter = s.node(Op::kDequantize, {s.g.bytes("filter", dims, std::vector<std::int8_t>(16, 100))}, dims,
                                QuantizeAttributes{{1e-19F, 0.002F}, 0, 0});
  const ValueId bias = s.node(Op::kDequantize, {s.g.integers("bias", {2}, {2147483000, 700})}, {2},
                              QuantizeAttributes{{1e-21F, 2e-5F}, 0, 0});
  s.output(s.fake(s.node(Op::kConv, {x, filter, bias}, {1, 2, 6, 6}, ConvAttributes{}), {0.05F, 0}));
  EXPECT_EQ(after(s), "Quantize Conv Dequantize");
  expect_right(s);
}

TEST(Quantise, WhatTandemLacksIsLeftToTheEngine) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId filter = s.filter({16, 8, 3, 3}, 0, 7);  // its zero point is not 0
  s.output(s.fake(s.node(Op::kConv, {x, filter}, {1, 16, 4, 4}, ConvAttributes{}), {0.1F, 0}));
  EXPECT_EQ(after(s), "Quantize Dequantize Dequantize Conv Quantize Dequantize");
  ClaimOptions options;
  options.least_gain = 0;
  const Result<Claims> claims = claim(s.g, options);
  ASSERT_TRUE(claims.ok());
  for (const Decision& d : claims->decisions) {
    if (d.op != "Conv") continue;
    EXPECT_EQ(d.reason, "its weights are not constant fp32");
  }
}

TEST(Quantise, ATensorOfTwoScalesHasNone) {
  QuantisedGraph s;
  const ValueId x = s.quantize(s.input(kImage), {0.01F, 3});
  const ValueId a = s.dequantize(x, {0.01F, 3}), b = s.dequantize(x, {0.02F, 3});
  s.output(s.fake(s.node(Op::kAdd, {a, b}, kImage), {0.03F, 0}));
  EXPECT_EQ(after(s), "Quantize Dequantize Dequantize Add Quantize Dequantize");
  expect_right(s);
}

TEST(Quantise, WeightsOf8BitsForAConvolutionOfFloatsBecomeFloats) {
  QuantisedGraph s;
  s.output(s.qconv(s.input(kImage), kImage, 16, 3));
  EXPECT_EQ(after(s), "Conv");
  expect_right(s);
}

TEST(Quantise, AValueThatIsReadTwiceStays) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId y = s.qconv(x, kImage, 8, 1);
  s.output(s.fake(y, {0.1F, 0}));
  s.output(s.activation(y, kImage, Activation::sigmoid()));
  EXPECT_EQ(after(s), "Quantize Conv Quantize Dequantize Activation");
  expect_right(s);
}

TEST(Quantise, StagesBecomeBlocks) {
  const Dims wide{1, 32, 6, 6};
  for (const ElementType type : {ElementType::kU8, ElementType::kS8}) {
    for (const bool adds : {false, true}) {
      QuantisedGraph s;
      s.type = type;
      const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
      const ValueId expanded = s.fake(s.activation(s.qconv(x, kImage, 32, 1), wide, kRelu6), {0.01F, -60});
      const ValueId filtered = s.fake(s.activation(s.qconv(expanded, wide, 32, 3, 32), wide, kRelu6), {0.01F, -50});
      ValueId y = s.fake(s.qconv(filtered, wide, 8, 1), {0.02F, 2});
      if (adds) y = s.fake(s.node(Op::kAdd, {x, y}, kImage), {0.025F, 1});
      s.output(y);
      EXPECT_EQ(fused(s), "Quantize InvertedResidual Dequantize");
      expect_right(s);
    }
    QuantisedGraph s;
    s.type = type;
    const ValueId filtered = s.fake(s.qconv(s.fake(s.input(kImage), {0.01F, 3}), kImage, 8, 3, 8), {0.01F, -50});
    s.output(s.fake(s.qconv(filtered, kImage, 24, 1), {0.02F, 2}));
    EXPECT_EQ(fused(s), "Quantize Separable Dequantize");
    expect_right(s);
  }
}

// With each rounding a block has the bits of its stages, which cannot be joined where their outputs are the graph's too.
TEST(Quantise, BlocksRoundAsTheirStages) {
  const Dims image{1, 8, 20, 20}, wide{1, 32, 20, 20};
  const auto run_with = [&](Rounding rounding, bool joined) {
    QuantisedGraph s;
    const ValueId x = s.fake(s.input(image), {0.01F, 3});
    const ValueId expanded = s.fake(s.qconv(x, image, 32, 1), {0.01F, -60});
    const ValueId filtered = s.fake(s.qconv(expanded, wide, 32, 3, 32), {0.01F, -50});
    const ValueId projected = s.fake(s.qconv(filtered, wide, 8, 1), {0.021F, 2});
    s.output(s.fake(s.node(Op::kAdd, {x, projected}, image), {0.025F, 1}));
    if (!joined) {
      for (const ValueId id : {expanded, filtered, projected}) s.output(id);
    }
    EXPECT_EQ(fused(s).find("InvertedResidual") != std::string::npos, joined) << fused(s);
    CompileOptions options;
    options.rounding = rounding;
    const Result<Compiled> c = compile(s.g, options);
    std::vector<FloatArray> outputs(s.g.outputs.size());
    EXPECT_TRUE(c.ok() && run(*c, {random_array(image, 3)}, &outputs).ok());
    return outputs[0].data;
  };
  const std::vector<float> even = run_with(Rounding::kNearestEven, true);
  EXPECT_EQ(even, run_with(Rounding::kNearestEven, false));
  for (const Rounding rounding : {Rounding::kTfliteSingle, Rounding::kTfliteDouble}) {
    const std::vector<float> joined = run_with(rounding, true);
    EXPECT_EQ(joined, run_with(rounding, false)) << static_cast<int>(rounding);
    EXPECT_NE(joined, even) << static_cast<int>(rounding);
  }
}

TEST(Quantise, AnAdditionOfAnotherTensorStays) {
  const Dims wide{1, 32, 6, 6};
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3}), other = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId expanded = s.fake(s.qconv(x, kImage, 32, 1), {0.01F, -60});
  const ValueId filtered = s.fake(s.qconv(expanded, wide, 32, 3, 32), {0.01F, -50});
  const ValueId y = s.fake(s.qconv(filtered, wide, 8, 1), {0.02F, 2});
  s.output(s.fake(s.node(Op::kAdd, {other, y}, kImage), {0.025F, 1}));
  EXPECT_EQ(fused(s), "Quantize Quantize InvertedResidual Add Dequantize");
  expect_right(s);
}

// SqueezeExciteAttributes have no types for the tensors inside.
TEST(Quantise, TheStepsOfASqueezeExciteStay) {
  const Dims pixel{1, 8, 1, 1}, hidden{1, 4, 1, 1};
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.01F, 3});
  const ValueId mean = s.fake(s.node(Op::kReduceMean, {x}, pixel, ReduceAttributes{{2, 3}, true}), {0.01F, -20});
  const ValueId reduced = s.fake(s.activation(s.qconv(mean, pixel, 4, 1), hidden, kRelu6), {0.01F, -60});
  const ValueId gate = s.fake(s.activation(s.qconv(reduced, hidden, 8, 1), pixel, kRelu6), {0.01F, -50});
  s.output(s.fake(s.node(Op::kMul, {x, gate}, kImage), {0.004F, 1}));
  EXPECT_EQ(fused(s), "Quantize ReduceMean Conv Conv Mul Dequantize");
  expect_right(s);
}

TEST(Quantise, BytesAtTheBorder) {
  QuantisedGraph s;
  const ValueId x = s.g.tensor("x", kImage, ElementType::kU8);
  s.g.inputs.push_back(x);
  s.output(s.quantize(s.node(Op::kMaxPool, {s.dequantize(x, {0.01F, 3})}, {1, 8, 3, 3}, pool2()), {0.01F, 3}));
  const Result<Compiled> c = compile(s.g);
  ASSERT_TRUE(c.ok()) << c.status().message();
  std::vector<std::uint8_t> bytes(288 + 1), pooled(72);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 % 251);
  const InputTensor input{bytes.data() + 1, kImage.data(), kImage.size()};  // bytes need no alignment
  GraphRun r;
  r.inputs = &input;
  r.input_count = 1;
  r.self = pooled.data();
  r.output = [](void* self, std::size_t, const std::int64_t*, std::size_t) { return self; };
  ASSERT_TRUE(c->run(r).ok());
  for (std::size_t i = 0; i < 72; ++i) {
    const std::size_t at = 1 + i / 9 * 36 + i % 9 / 3 * 12 + i % 3 * 2;
    EXPECT_EQ(pooled[i], std::max({bytes[at], bytes[at + 1], bytes[at + 6], bytes[at + 7]})) << i;
  }
}

// A mean of a whole image: of an average pool, and of the operator.
std::vector<std::string> reasons_of_a_mean(std::int64_t rows, std::int64_t columns) {
  std::vector<std::string> reasons;
  for (const bool pool : {false, true}) {
    QuantisedGraph s;
    const Dims image{1, 2, rows, columns};
    const ValueId x = s.fake(s.input(image), {0.01F, 3});
    PoolAttributes window;
    window.kernel_h = window.kernel_w = 1 << 12;
    s.output(s.fake(pool ? s.node(Op::kAveragePool, {x}, {1, 2, 1, 1}, window) : s.mean(x, image), {0.02F, 3}));
    ClaimOptions options;
    options.least_gain = 0;
    const Result<Claims> claims = claim(s.g, options);
    EXPECT_TRUE(claims.ok());
    for (const Decision& d : claims->decisions) {
      if (d.op == "AveragePool" || d.op == "ReduceMean") reasons.push_back(d.reason);
    }
  }
  return reasons;
}

TEST(Quantise, AMeanWhoseSumsNeedMoreThan32BitsIsLeftToTheEngine) {
  for (const std::string& reason : reasons_of_a_mean(1 << 12, 1 << 12)) {
    EXPECT_NE(reason.find("8421504"), std::string::npos) << reason;
  }
  for (const std::string& reason : reasons_of_a_mean(kUnknown, kUnknown)) EXPECT_EQ(reason, "");
}

TEST(Quantise, IsClaimed) {
  QuantisedGraph s;
  const Dims large{1, 64, 28, 28};
  ValueId x = s.fake(s.input(large), {0.01F, 3});
  for (int i = 0; i < 3; ++i) x = s.fake(s.qconv(x, large, 64, 3), {0.1F, 3});
  s.output(x);
  ClaimOptions options;
  options.least_gain = 0;  // on whatever machine
  const Result<Claims> claims = claim(s.g, options);
  ASSERT_TRUE(claims.ok());
  ASSERT_EQ(claims->groups.size(), 1U) << print(*claims);
  EXPECT_EQ(claims->groups[0].sources.size(), s.g.nodes.size());
  ToyEngine engine(s.g, *claims, 2);
  EXPECT_EQ(engine.problem(), "");
}

}  // namespace
}  // namespace tandem::test
