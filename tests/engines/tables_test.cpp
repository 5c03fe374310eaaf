// Operators on 8 bits that become one table.
#include <gtest/gtest.h>

#include "engines/graph/claim.hpp"
#include "tests/engines/quantised_check.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kImage{1, 8, 6, 6};

// Pieces of hard-swish and SiLU as quantisers leave them. With `apart` a Reshape behind each piece keeps them from being joined.
ValueId piece_of(QuantisedGraph& s, ValueId x, const QuantisedBy& by, bool apart) {
  const ValueId y = s.fake(x, by);
  return apart ? s.node(Op::kReshape, {y}, kImage, ReshapeAttributes{true, kImage}) : y;
}
ValueId hard_swish_in_pieces(QuantisedGraph& s, ValueId x, bool apart, ValueId* inner) {
  const ValueId shifted = piece_of(s, s.node(Op::kAdd, {x, s.byte_number(0.024F, 125)}, kImage), {0.03F, -20}, apart);
  *inner = piece_of(s, s.activation(shifted, kImage, Activation::relu6()), {0.0236F, -128}, apart);
  const ValueId product = piece_of(s, s.node(Op::kMul, {x, *inner}, kImage), {0.09F, -90}, apart);
  return s.fake(s.node(Op::kDiv, {product, s.number(6)}, kImage), {0.015F, -100});
}
ValueId silu_in_pieces(QuantisedGraph& s, ValueId x, bool apart, ValueId* inner) {
  *inner = piece_of(s, s.activation(x, kImage, Activation::sigmoid()), {1 / 256.0F, -128}, apart);
  return s.fake(s.node(Op::kMul, {*inner, x}, kImage), {0.02F, -90});
}

TEST(Tables, PiecesThatReadOneTensorBecomeATable) {
  for (const auto& pieces : {hard_swish_in_pieces, silu_in_pieces}) {
    for (const ElementType type : {ElementType::kU8, ElementType::kS8}) {
      for (const Rounding rounding : {Rounding::kNearestEven, Rounding::kTfliteDouble}) {
        std::vector<std::vector<float>> results;
        for (const bool apart : {false, true}) {
          QuantisedGraph s;
          s.type = type;
          ValueId inner = kNoValue;
          s.output(pieces(s, s.fake(s.input(kImage), {0.03F, 3}), apart, &inner));
          EXPECT_EQ(fused(s) == "Quantize Table Dequantize", !apart) << fused(s);
          if (rounding == Rounding::kNearestEven) expect_right(s);
          CompileOptions options;
          options.rounding = rounding;
          const Result<Compiled> c = compile(s.g, options);
          std::vector<FloatArray> outputs(1);
          ASSERT_TRUE(c.ok() && run(*c, {random_array(kImage, 3)}, &outputs).ok());
          results.push_back(outputs[0].data);
        }
        EXPECT_EQ(results[0], results[1]);
      }
    }
  }
}

TEST(Tables, APieceThatOthersReadStays) {
  for (const auto& pieces : {hard_swish_in_pieces, silu_in_pieces}) {
    QuantisedGraph s;
    ValueId inner = kNoValue;
    s.output(pieces(s, s.fake(s.input(kImage), {0.03F, 3}), false, &inner));
    s.output(s.node(Op::kMaxPool, {inner}, {1, 8, 3, 3}, pool2()));
    const std::string all = fused(s);
    EXPECT_NE(all.find("Table"), std::string::npos) << all;
    EXPECT_NE(all.find("MaxPool"), std::string::npos) << all;
    expect_right(s);
    ClaimOptions options;
    options.least_gain = 0;
    const Result<Claims> claims = claim(s.g, options);
    ASSERT_TRUE(claims.ok());
    ToyEngine engine(s.g, *claims, 2);
    EXPECT_EQ(engine.problem(), "");
  }
}

TEST(Tables, PiecesOfTwoTensorsStay) {
  QuantisedGraph s;
  const ValueId x = s.fake(s.input(kImage), {0.03F, 3}), other = s.fake(s.input(kImage), {0.03F, 3});
  const ValueId gate = s.fake(s.activation(x, kImage, Activation::sigmoid()), {1 / 256.0F, -128});
  s.output(s.fake(s.node(Op::kMul, {gate, other}, kImage), {0.02F, -90}));
  EXPECT_EQ(fused(s), "Quantize Quantize Activation Mul Dequantize");
  expect_right(s);
}

}  // namespace
}  // namespace tandem::test
