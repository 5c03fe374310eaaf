// Types by themselves: names, sizes, and convert() against conversions written anew, for every half and for floats
// around each half.
#include "tandem/data_type.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "elements.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

constexpr DataType kHalves[] = {DataType::kBf16, DataType::kF16};
constexpr DataType kNone = static_cast<DataType>(99);

/// Bits of the half that the library makes of a float.
std::uint16_t converted(DataType type, float v) {
  std::uint16_t bits = 0;
  EXPECT_TRUE(convert(DataType::kF32, &v, type, &bits, 1));
  return bits;
}

void expect_half(DataType type, float v) {
  EXPECT_EQ(converted(type, v), half_bits(type, v)) << to_string(type) << " of " << v;
}

TEST(DataTypeTest, NamesAndSizes) {
  EXPECT_STREQ(to_string(DataType::kBf16), "bf16");
  EXPECT_STREQ(to_string(DataType::kF16), "f16");
  EXPECT_NE(to_string(kNone), nullptr);
  EXPECT_EQ(element_bytes(DataType::kF32), 4U);
  EXPECT_EQ(element_bytes(DataType::kBf16), 2U);
  EXPECT_EQ(element_bytes(DataType::kF16), 2U);
  EXPECT_EQ(element_bytes(DataType::kS32), 4U);
  EXPECT_EQ(element_bytes(DataType::kU8), 1U);
  EXPECT_EQ(element_bytes(DataType::kS8), 1U);
  EXPECT_EQ(element_bytes(kNone), 0U);
}

TEST(DataTypeTest, EveryHalfHasItsValueAndComesBack) {
  for (const DataType type : kHalves) {
    for (std::uint32_t bits = 0; bits <= 0xffffU; ++bits) {
      const auto half = static_cast<std::uint16_t>(bits);
      float wide = 0.0F;
      ASSERT_TRUE(convert(type, &half, DataType::kF32, &wide, 1));
      const float value = half_value(type, half);
      ASSERT_EQ(std::bit_cast<std::uint32_t>(wide), std::bit_cast<std::uint32_t>(value)) << to_string(type) << bits;
      const std::uint32_t quiet = type == DataType::kBf16 ? 0x0040U : 0x0200U;
      ASSERT_EQ(converted(type, wide), std::isnan(value) ? bits | quiet : bits) << to_string(type);
    }
  }
}

// Halfway between two neighbours the even one is the nearest; just before and behind that it need not be.
TEST(DataTypeTest, FloatsRoundToTheNearestHalf) {
  for (const DataType type : kHalves) {
    for (const float v : floats_around_halves(type)) expect_half(type, v);
  }
}

TEST(DataTypeTest, Overflow) {
  EXPECT_EQ(converted(DataType::kF16, std::nextafter(65520.0F, 0.0F)), 0x7bff);
  EXPECT_EQ(converted(DataType::kF16, 65520.0F), 0x7c00);
  EXPECT_EQ(converted(DataType::kF16, -65520.0F), 0xfc00);
  EXPECT_EQ(converted(DataType::kBf16, std::numeric_limits<float>::max()), 0x7f80);
}

TEST(DataTypeTest, AnyFloat) {
  Random random(1);
  for (int i = 0; i < 200000; ++i) {
    const auto v = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    for (const DataType type : kHalves) expect_half(type, v);
  }
}

// From half to half by way of the nearest: a bf16 is rounded once to make an f16.
TEST(DataTypeTest, BetweenHalves) {
  for (std::uint32_t bits = 0; bits <= 0xffffU; ++bits) {
    const auto from = static_cast<std::uint16_t>(bits);
    std::uint16_t to = 0;
    ASSERT_TRUE(convert(DataType::kBf16, &from, DataType::kF16, &to, 1));
    const float value = half_value(DataType::kBf16, from);
    if (std::isnan(value)) continue;
    ASSERT_EQ(to, half_bits(DataType::kF16, value)) << bits;
  }
}

TEST(DataTypeTest, OtherTypesAreRefusedAndNothingIsWritten) {
  for (const DataType other : {DataType::kU8, DataType::kS8, DataType::kS32, kNone}) {
    const float from = 1.0F;
    float to = 2.0F;
    EXPECT_FALSE(convert(other, &from, DataType::kF32, &to, 1));
    EXPECT_FALSE(convert(DataType::kF32, &from, other, &to, 1));
    EXPECT_EQ(to, 2.0F);
  }
}

TEST(DataTypeTest, InPlaceAndNothing) {
  const std::vector<float> values = {1.0F, 0.3F, -2.7F};
  std::vector<std::uint16_t> halves(values.size());
  store_elements(DataType::kBf16, values, halves.data());
  ASSERT_TRUE(convert(DataType::kBf16, halves.data(), DataType::kF16, halves.data(), halves.size()));
  const std::vector<float> expected = rounded(DataType::kF16, rounded(DataType::kBf16, values));
  EXPECT_EQ(load_elements(DataType::kF16, halves.data(), halves.size()), expected);
  EXPECT_TRUE(convert(DataType::kF32, nullptr, DataType::kF16, nullptr, 0));
}

}  // namespace
}  // namespace tandem::test
