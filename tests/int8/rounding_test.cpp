// Each Rounding of single sums, worked out by hand: where two of them differ, and at the ends of what multipliers and sums can
// be. Each channel has its sum as bias, and its multiplier as scale of its weights.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "int8_case.hpp"
#include "quantised_end.hpp"
#include "tests/current_case.hpp"
#include "tests/isas.hpp"
#include "tests/operator_check.hpp"
#include "tests/same_bits.hpp"

namespace tandem::test::int8 {
namespace {

struct Line {
  std::int32_t sum;
  float multiplier;
  float even, single, twice;  // the outputs
};

constexpr std::int32_t kMost = 2147483647;
constexpr std::int32_t kHalf = 1 << 30;
constexpr float kThird = 0x1.555556p-2F;  // 3 * kThird = 1 + 2^-25 exactly, and 1 in fp32

const std::vector<Line> kLines = {
    {0, 0.75F, 0, 0, 0},
    {2, 0.25F, 0, 1, 1},  // halves: to the even one, up, away from zero
    {6, 0.25F, 2, 2, 2},
    {-2, 0.25F, 0, 0, -1},
    {-6, 0.25F, -2, -1, -2},
    {1, 0.25F, 0, 0, 1},  // the first of two roundings makes a half of a quarter
    {5, 0.25F, 1, 1, 2},
    {-1, 0.25F, 0, 0, 0},
    {-3, 0.25F, -1, -1, -1},  // -0.75 becomes -0.5
    {1, 0.5F, 0, 1, 1},       // one rounding alone, since the shift is 0
    {-1, 0.5F, 0, 0, 0},
    {-3, 0.5F, -2, -1, -1},
    {3, 1.0F, 3, 3, 3},
    {-3, 1.5F, -4, -4, -4},  // -4.5: the shift is to the left
    {3, 1.5F, 4, 5, 5},
    {5, 12.5F, 62, 63, 63},
    {kHalf, 0x1p-31F, 0, 1, 1},
    {-kHalf, 0x1p-31F, 0, 0, -1},
    {kMost, 0x1p-31F, 1, 1, 1},
    {kMost, 0x1p-32F, 0, 0, 1},  // less than a half, which the first of two roundings makes it
    {kMost, 0x1p-33F, 0, 0, 0},
    {kMost, 0x1p-24F, 127, 127, 127},
    {-kMost, 0x1p-24F, -128, -128, -128},
    {-kMost, 0x1.fffffep-26F, -64, -64, -64},
    {kMost, 1.0F, 127, 127, 127},
    {-kMost, 1.5F, -128, -128, -128},  // the sum has no 32 bits when it is shifted
    {kMost, 0x1p20F, 127, 127, 127},
    {1 << 20, 0x1p12F, 127, 127, 127},  // 2^32 would be 0 in 32 bits
    {-1, 0x1p29F, -128, -128, -128},
    {1, 0x1p30F, 127, 127, 127},
    {-1, 0x1p31F, -128, -128, -128},
    {1, 0x1p40F, 127, 127, 127},
    {0, 0x1p40F, 0, 0, 0},
};

float expected(const Line& line, Rounding rounding) {
  return rounding == Rounding::kNearestEven    ? line.even
         : rounding == Rounding::kTfliteSingle ? line.single
                                               : line.twice;
}

/// All lines as the channels of a layer whose weights are zero.
Case layer_of_lines(Kind kind, Rounding rounding) {
  const auto count = static_cast<std::int32_t>(kLines.size());
  Case c;
  c.kind = kind;
  c.input = {1, 1, 2, kind == Kind::kDepthwise ? count : 3};
  c.params.in_channels = static_cast<std::int32_t>(c.input.c);
  c.params.out_channels = count;
  c.params.groups = kind == Kind::kDepthwise ? count : 1;
  c.params.rounding = rounding;
  c.params.src_type = c.params.dst_type = {DataType::kS8, {1.0F, 0}};
  c.src.assign(static_cast<std::size_t>(c.input.elements()), 5.0F);
  c.filter.assign(static_cast<std::size_t>(count * (kind == Kind::kDepthwise ? 1 : 3)), 0);
  for (const Line& line : kLines) {
    c.bias.push_back(line.sum);
    c.scales.push_back(line.multiplier);
  }
  return c;
}

std::vector<float> run(const Result<Operator>& op, const Shape& input, const std::vector<float>& src, DataType type) {
  if (!op.ok()) {
    ADD_FAILURE() << op.status().message();
    return {};
  }
  const Result<Plan> plan = op->plan(input);
  if (!plan.ok()) {
    ADD_FAILURE() << plan.status().message();
    return {};
  }
  return run_guarded(*plan, src, {}, Placement::kEndsAtGuard, false, {}, {type, type});
}

std::vector<float> run(const Case& c, const std::string& isa) {
  return run(create(c, isa.c_str(), Placement::kEndsAtGuard), c.input, c.src, c.params.src_type.type);
}

class RoundingTest : public testing::TestWithParam<std::string> {};

TEST_P(RoundingTest, SingleSums) {
  for (const Rounding rounding : {Rounding::kNearestEven, Rounding::kTfliteSingle, Rounding::kTfliteDouble}) {
    for (const Kind kind : {Kind::kPointwise, Kind::kDepthwise}) {
      const Case c = layer_of_lines(kind, rounding);
      const std::vector<float> dst = run(c, GetParam());
      ASSERT_EQ(dst.size(), 2 * kLines.size());
      for (std::size_t i = 0; i < dst.size(); ++i) {
        const Line& line = kLines[i % kLines.size()];
        EXPECT_EQ(dst[i], expected(line, rounding))
            << line.sum << " * " << line.multiplier << ", rounding " << static_cast<int>(rounding);
      }
      expect_same_bits(dst, reference(c), "against the formula");
    }
  }
}

// Whose sums are its biases.
Case layer_of_biases(const Quantization& src, const Quantization& dst, std::vector<std::int32_t> bias,
                     std::vector<float> scales) {
  Case c;
  c.kind = Kind::kPointwise;
  c.input = {1, 1, 1, 1};
  c.params.in_channels = 1;
  c.params.out_channels = static_cast<std::int32_t>(bias.size());
  c.params.src_type = {DataType::kS8, src};
  c.params.dst_type = {DataType::kS8, dst};
  c.src = {5.0F};
  c.filter.assign(bias.size(), 0);
  c.bias = std::move(bias);
  c.scales = std::move(scales);
  return c;
}

// Bounds of half a step.
TEST_P(RoundingTest, BoundsOfAnActivation) {
  Case c = layer_of_biases({1.0F, 0}, {4.0F, 7}, {-100, 100}, {1.0F});
  c.params.activation = Activation::clamp(-2.0F, 2.0F);
  EXPECT_EQ(run(c, GetParam()), (std::vector<float>{7.0F, 7.0F}));
  for (const Rounding rounding : {Rounding::kTfliteSingle, Rounding::kTfliteDouble}) {
    c.params.rounding = rounding;
    EXPECT_EQ(run(c, GetParam()), (std::vector<float>{6.0F, 8.0F}));
  }
}

// The product of the scales has 31 bits and a half, which is rounded up: with 31 bits alone the output would be 85.
TEST_P(RoundingTest, MultipliersAreRounded) {
  Case c = layer_of_biases({0x1.0001p0F, 0}, {0x1p24F, 0}, {1434386306, 1434386306}, {0x1.0002p0F, 0x1.0002p0F});
  for (const Rounding rounding : {Rounding::kTfliteSingle, Rounding::kTfliteDouble}) {
    c.params.rounding = rounding;
    EXPECT_EQ(run(c, GetParam()), (std::vector<float>{86.0F, 86.0F}));
  }
}

// TFLite multiplies the scales of a product's factors in fp32, where 3 * kThird is 1. In double it would be more, and half of
// -1 would become -1.
TEST_P(RoundingTest, ScalesOfAProduct) {
  ElementwiseParams p;
  p.channels = 1;
  p.operation = ElementwiseOperation::kMultiply;
  p.src_type = {DataType::kS8, {3.0F, 0}};
  p.residual_type = {DataType::kS8, {kThird, 0}};
  p.dst_type = {DataType::kS8, {2.0F, 0}};
  p.rounding = Rounding::kTfliteDouble;
  const Result<Operator> op = Operator::elementwise(p, {GetParam().c_str()});
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Result<Plan> plan = op->plan({1, 1, 1, 1});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(run_guarded(*plan, {-1.0F}, {1.0F}, Placement::kEndsAtGuard, false, {}, {DataType::kS8, DataType::kS8}),
            std::vector<float>{0.0F});
}

// One scale for all channels: fully connected layers, and all of u8, multiply it by that of src in fp32. The two products of 3
// and 1/3, which is rounded up to 24 bits, differ by a part in 2^25.
TEST_P(RoundingTest, OneScaleOfWeights) {
  for (const DataType type : {DataType::kS8, DataType::kU8}) {
    for (const Kind kind : {Kind::kPointwise, Kind::kFullyConnected}) {
      Case c;
      c.kind = kind;
      c.input = {1, 1, 1, 1};
      c.params.in_channels = 1;
      c.params.out_channels = 3;
      c.params.rounding = Rounding::kTfliteDouble;
      c.params.src_type = {type, {3.0F, 0}};
      c.params.dst_type = {type, {0x1p28F, 0}};
      c.src = {5.0F};
      c.filter = {0, 0, 0};
      c.bias.assign(3, (1 << 29) + (1 << 27) - 16);  // 2.5 steps less 16 / 2^28 of one
      c.scales = {kThird};
      const bool in_fp32 = kind == Kind::kFullyConnected || type == DataType::kU8;
      const std::vector<float> dst = run(c, GetParam());
      EXPECT_EQ(dst, std::vector<float>(3, in_fp32 ? 2.0F : 3.0F));
      expect_same_bits(dst, reference(c), "against the formula");
    }
  }
}

// A row of pixels with one channel.
std::vector<float> run_row(const Result<Operator>& op, const std::vector<float>& src, DataType type) {
  return run(op, {1, 1, static_cast<std::int64_t>(src.size()), 1}, src, type);
}

// Of an average pool, and of a global one, whose formula is another.
TEST_P(RoundingTest, Means) {
  struct Mean {
    TensorType type;
    std::vector<float> src;
    float even, plain, single, twice;
  };
  const Mean means[] = {
      {{DataType::kS8, {1.0F, 0}}, {1, 2}, 2, 2, 2, 2},
      {{DataType::kS8, {1.0F, 0}}, {0, 1}, 0, 1, 1, 1},
      {{DataType::kS8, {1.0F, 0}}, {0, -1}, 0, -1, 0, 0},
      {{DataType::kS8, {1.0F, 0}}, {-1, -2}, -2, -2, -1, -1},
      {{DataType::kS8, {1.0F, -10}}, {-4, -5}, -4, -5, -4, -4},  // 5.5 more than the zero point
      {{DataType::kU8, {1.0F, 10}}, {4, 5}, 4, 5, 5, 5},         // 5.5 less
      {{DataType::kS8, {1.0F, 0}},
       {0, 0, 0, 1, 1, 1},
       0,
       1,
       0,
       1},  // a sixth is rounded down, and the first rounding up
      {{DataType::kS8, {1.0F, 3}}, {7}, 7, 7, 7, 7},
  };
  for (const Mean& m : means) {
    AveragePoolParams p;
    p.channels = 1;
    p.kernel_h = 1;
    p.kernel_w = static_cast<std::int32_t>(m.src.size());
    p.src_type = p.dst_type = m.type;
    for (const Rounding rounding : {Rounding::kNearestEven, Rounding::kTfliteSingle, Rounding::kTfliteDouble}) {
      p.rounding = rounding;
      const bool even = rounding == Rounding::kNearestEven;
      const CurrentCase current(
          text(m.src.size(), " elements from ", m.src[0], ", rounding ", static_cast<int>(rounding)));
      EXPECT_EQ(run_row(Operator::average_pool(p, {GetParam().c_str()}), m.src, m.type.type),
                std::vector<float>{even ? m.even : m.plain});
      EXPECT_EQ(run_row(Operator::global_average_pool({1, {}, m.type, m.type, rounding}, {GetParam().c_str()}), m.src,
                        m.type.type),
                std::vector<float>{even                                  ? m.even
                                   : rounding == Rounding::kTfliteSingle ? m.single
                                                                         : m.twice});
    }
  }
}

// The mean of 2^23 elements is 125.5, or less by 2^-23 than that, of which a sum in fp32 knows nothing.
TEST_P(RoundingTest, MeansOfManyElements) {
  AveragePoolParams p;
  p.channels = 1;
  p.kernel_h = 1;
  p.kernel_w = 1 << 23;
  p.rounding = Rounding::kTfliteDouble;
  std::vector<float> src(std::size_t{1} << 23);
  for (const DataType type : {DataType::kU8, DataType::kS8}) {
    p.src_type = p.dst_type = {type, {1.0F, 5}};
    const float sign = type == DataType::kS8 ? -1.0F : 1.0F;
    for (std::size_t i = 0; i < src.size(); ++i) src[i] = sign * (i % 2 == 0 ? 125.0F : 126.0F);
    EXPECT_EQ(run_row(Operator::average_pool(p, {GetParam().c_str()}), src, type), std::vector<float>{sign * 126.0F});
    src[1] = sign * 125.0F;
    EXPECT_EQ(run_row(Operator::average_pool(p, {GetParam().c_str()}), src, type), std::vector<float>{sign * 125.0F});
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, RoundingTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test::int8
