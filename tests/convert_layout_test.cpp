// Layout conversions on every ISA against the reference, which they meet exactly.
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "subjects.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

constexpr LayoutConversion kConversions[] = {LayoutConversion::kNchwToNhwc, LayoutConversion::kNhwcToNchw};

class ConvertLayoutTest : public testing::TestWithParam<std::string> {
 protected:
  /// Both ways. The reference's bound is zero.
  void expect(const Shape& shape, std::uint64_t seed = 1) const {
    for (const LayoutConversion conversion : kConversions) {
      expect_layer({ConvertLayoutParams{static_cast<std::int32_t>(shape.c), conversion}, shape}, GetParam(), seed);
    }
  }
};

TEST_P(ConvertLayoutTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const Shape& image : edge_images(channels)) expect(image);
  }
}

TEST_P(ConvertLayoutTest, FewChannels) {
  for (std::int64_t channels = 1; channels <= 8; ++channels) {
    expect({2, 17, 19, channels});
    expect({1, 1, 2, channels});
    expect({1, 128, 131, channels});
  }
}

TEST_P(ConvertLayoutTest, PixelsAsMaps) {
  for (const std::int64_t size : {2, 3, 4, 5, 8, 15, 16}) expect({2, size, size, 100});
}

TEST_P(ConvertLayoutTest, LayersLargeEnoughToBeShared) {
  expect({1, 56, 56, 121});
  expect({1, 7, 7, 2048});
  expect({40, 3, 3, 130});
  expect({1, 64, 64, 64});  // rows a multiple of 4 KB apart
}

TEST_P(ConvertLayoutTest, RandomCases) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    expect({random.integer(1, 4), random.integer(1, 40), random.integer(1, 40), random.integer(1, 150)}, seed);
  }
}

// No element is looked at: a NaN keeps its payload, a zero its sign.
TEST_P(ConvertLayoutTest, ThereAndBackEveryBitIsTheSame) {
  const Shape shape = {2, 9, 11, 37};
  Tensors tensors(Subject{"", create(ConvertLayoutParams{37, {}}, GetParam()).value(), shape, false, false});
  const float odd[] = {-0.0F, std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::infinity(),
                       std::nanf("0x1234"), std::numeric_limits<float>::signaling_NaN()};
  for (std::size_t i = 0; i < tensors.src.size(); i += 3) tensors.src[i] = odd[i % std::size(odd)];
  const std::vector<float> original = tensors.src;
  for (const LayoutConversion conversion : kConversions) {
    const Subject subject = {"", create(ConvertLayoutParams{37, conversion}, GetParam()).value(), shape, false, false};
    tensors.src = run_once(subject, tensors, {8, Executor()});
    EXPECT_EQ(first_difference(tensors.src, original) == -1, conversion == LayoutConversion::kNhwcToNchw);
  }
}

TEST_P(ConvertLayoutTest, CountsElementsAndTellsItsKind) {
  for (const LayoutConversion conversion : kConversions) {
    const Operator op = create(ConvertLayoutParams{24, conversion}, GetParam()).value();
    const bool to_nhwc = conversion == LayoutConversion::kNchwToNhwc;
    EXPECT_STREQ(op.name(), to_nhwc ? "nchw_to_nhwc" : "nhwc_to_nchw");
    const Plan plan = op.plan({2, 5, 6, 24}).value();
    EXPECT_EQ(plan.op_count(), 2 * 5 * 6 * 24);
    EXPECT_EQ(plan.report().kind, PlanKind::kLayout);
    EXPECT_EQ(plan.report().tile_rows, 0);
    EXPECT_EQ(std::string(plan.explain()).rfind("layout, ", 0), 0U) << plan.explain();
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ConvertLayoutTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
