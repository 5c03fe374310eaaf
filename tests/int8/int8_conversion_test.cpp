// quantize and dequantize on every ISA against their formulas, bit by bit, with guard pages.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "tandem/operator.hpp"
#include "tests/current_case.hpp"
#include "tests/guarded_buffer.hpp"
#include "tests/isas.hpp"
#include "tests/random.hpp"
#include "tests/refusal.hpp"

namespace tandem::test::int8 {
namespace {

class Int8ConversionTest : public testing::TestWithParam<std::string> {};

std::int32_t least(DataType type) { return type == DataType::kU8 ? 0 : -128; }

std::int32_t integer(DataType type, std::byte b) {
  return type == DataType::kU8 ? static_cast<std::uint8_t>(b) : static_cast<std::int8_t>(b);
}

void run(const Operator& op, const Shape& shape, const GuardedBuffer& src, GuardedBuffer& dst) {
  const Result<Plan> plan = op.plan(shape);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  ASSERT_EQ(plan->workspace_bytes(), 0U);
  RunArgs args;
  args.src = src.data();
  args.dst = dst.data();
  const Status status = plan->run(args);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(dst.intact());
}

// Values of all sizes; many lie just between two integers.
std::vector<float> reals(Random& random, std::size_t count, float scale) {
  std::vector<float> values(count);
  for (float& v : values) {
    v = random.coin() ? (static_cast<float>(random.integer(-300, 300)) + 0.5F) * scale
                      : 400.0F * scale * random.value();
  }
  values[0] = std::numeric_limits<float>::infinity();
  values[count / 2] = -std::numeric_limits<float>::infinity();
  values[count - 1] = std::numeric_limits<float>::quiet_NaN();
  return values;
}

TEST_P(Int8ConversionTest, Quantize) {
  Random random(3);
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const DataType type : {DataType::kU8, DataType::kS8}) {
      for (const Placement placement : kPlacements) {
        const Quantization q{random.coin() ? 0.25F : 0.037F, random.size(0, 255) + least(type)};
        const CurrentCase current(
            text(channels, " channels to ", to_string(type), " of ", q.scale, ", ", q.zero_point));
        const Shape shape{1, 3, 5, channels};
        const std::vector<float> values = reals(random, static_cast<std::size_t>(shape.elements()), q.scale);
        const GuardedInput src("src", values, placement);
        GuardedBuffer dst("dst", values.size(), placement, 1);
        const Result<Operator> op = Operator::quantize({channels, {}, {type, q}}, {GetParam().c_str()});
        ASSERT_TRUE(op.ok()) << op.status().message();
        run(*op, shape, src, dst);
        for (std::size_t i = 0; i < values.size(); ++i) {
          const float steps = values[i] / q.scale;
          const std::int32_t lo = least(type);
          std::int32_t expected = lo;
          if (!std::isnan(steps)) {
            const double rounded = std::nearbyint(static_cast<double>(steps)) + q.zero_point;
            expected = static_cast<std::int32_t>(std::clamp<double>(rounded, lo, lo + 255));
          }
          ASSERT_EQ(integer(type, static_cast<const std::byte*>(dst.data())[i]), expected) << values[i];
        }
      }
    }
  }
}

TEST_P(Int8ConversionTest, Dequantize) {
  Random random(4);
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const DataType type : {DataType::kU8, DataType::kS8}) {
      for (const Placement placement : kPlacements) {
        const Quantization q{0.037F, random.size(0, 255) + least(type)};
        const CurrentCase current(text(channels, " channels of ", to_string(type), ", zero point ", q.zero_point));
        const Shape shape{1, 4, 5, channels};
        std::vector<std::byte> values(static_cast<std::size_t>(shape.elements()));
        for (std::byte& v : values) v = static_cast<std::byte>(random.integer(0, 255));
        const GuardedInput src("src", values, placement, 1);
        GuardedBuffer dst("dst", values.size() * sizeof(float), placement);
        const Result<Operator> op = Operator::dequantize({channels, {type, q}, {}}, {GetParam().c_str()});
        ASSERT_TRUE(op.ok()) << op.status().message();
        run(*op, shape, src, dst);
        for (std::size_t i = 0; i < values.size(); ++i) {
          const float expected = q.scale * static_cast<float>(integer(type, values[i]) - q.zero_point);
          ASSERT_EQ(std::bit_cast<std::uint32_t>(dst.floats()[i]), std::bit_cast<std::uint32_t>(expected)) << i;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8ConversionTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

TEST(Int8ConversionRefusalTest, WhatCreateRefuses) {
  const auto refuse = [](const QuantizeParams& p, StatusCode code, const std::vector<std::string>& says) {
    expect_refused("quantize", Operator::quantize(p).status(), code, says);
  };
  refuse({0, {}, DataType::kU8}, StatusCode::kInvalidArgument, {"channels", "0"});
  refuse({3, DataType::kBf16, DataType::kU8}, StatusCode::kUnsupported, {"src_type", "bf16", "f32"});
  refuse({3, {}, DataType::kF32}, StatusCode::kUnsupported, {"dst_type", "f32", "u8"});
  refuse({3, {}, {DataType::kU8, {0.0F, 0}}}, StatusCode::kInvalidArgument, {"dst_type", "scale 0"});
  expect_refused("dequantize", Operator::dequantize({3, {DataType::kS8, {1.0F, 128}}, {}}).status(),
                 StatusCode::kInvalidArgument, {"src_type", "128"});
}

}  // namespace
}  // namespace tandem::test::int8
