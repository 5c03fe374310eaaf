// quantize_weights() against its formulas in long double, and the error of a whole layer that is computed with its result.
#include "tandem/quantize_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "creation.hpp"
#include "current_case.hpp"
#include "random.hpp"
#include "refusal.hpp"
#include "weights.hpp"

namespace tandem::test {
namespace {

constexpr float kSrcScale = 0.037F;

struct Result8 {
  std::vector<std::int8_t> filter;
  std::vector<float> scales;
  std::vector<std::int32_t> bias;

  Result8(std::size_t elements, std::size_t channels)
      : filter(elements, 99), scales(channels, -7.0F), bias(channels, 99) {}
};

Status quantize(const Weights& weights, Result8& to, float src_scale = kSrcScale) {
  return quantize_weights(weights, static_cast<std::int32_t>(to.scales.size()), src_scale, to.filter.data(),
                          to.scales.data(), to.bias.data());
}

long double wide(float v) { return static_cast<long double>(v); }

// The equations on OIHW, where the output channel is plainly outermost.
void expect_channel(const reference::Weights& w, std::size_t m, std::size_t each, const Result8& got,
                    const std::vector<float>& oihw) {
  long double largest = 0.0L;
  for (std::size_t i = 0; i < each; ++i) largest = std::max(largest, std::abs(wide(w.filter[m * each + i])));
  ASSERT_EQ(got.scales[m], static_cast<float>(largest / 127.0L));
  std::int32_t most = 0;
  for (std::size_t i = 0; i < each; ++i) {
    const auto q = static_cast<std::int32_t>(oihw[m * each + i]);
    ASSERT_EQ(q, std::nearbyint(wide(w.filter[m * each + i]) / wide(got.scales[m]))) << m << ", " << i;
    most = std::max(most, std::abs(q));
  }
  EXPECT_EQ(most, 127);  // all of the range is used
  EXPECT_EQ(got.bias[m], std::nearbyint(wide(w.bias[m]) / (wide(kSrcScale) * wide(got.scales[m]))));
}

TEST(QuantizeWeightsTest, TheEquationsInEveryLayout) {
  Random random(1);
  for (const FilterLayout layout :
       {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio, FilterLayout::k1hwc}) {
    const CurrentCase described(to_string(layout));
    const FilterShape shape = {7, layout == FilterLayout::k1hwc ? 1 : 3, 2, 5};
    const reference::Weights w = random_weights(shape, true, random);
    const std::vector<float> given = to_layout(w.filter, shape, layout);
    Result8 got(given.size(), 7);
    const Status status = quantize({given, layout, w.bias}, got);
    ASSERT_TRUE(status.ok()) << status.message();
    // Each element of OIHW by the place that to_layout() gives its number.
    std::vector<float> numbers(given.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
    const std::vector<float> places = to_layout(numbers, shape, layout);
    std::vector<float> oihw(given.size());
    for (std::size_t i = 0; i < places.size(); ++i) oihw[static_cast<std::size_t>(places[i])] = got.filter[i];
    for (std::size_t m = 0; m < 7; ++m) expect_channel(w, m, given.size() / 7, got, oihw);
  }
}

TEST(QuantizeWeightsTest, TiesGoToTheEvenInteger) {
  const std::vector<float> filter = {127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, -127.0F};
  const std::vector<float> bias = {2.5F};
  Result8 got(filter.size(), 1);
  ASSERT_TRUE(quantize({filter, FilterLayout::kOihw, bias}, got, 1.0F).ok());
  EXPECT_EQ(got.filter, (std::vector<std::int8_t>{127, 0, 2, 2, 0, -2, -2, -127}));
  EXPECT_EQ(got.scales[0], 1.0F);
  EXPECT_EQ(got.bias[0], 2);
}

// Channels of zeros, the second of them with a bias; one of denormal weights; one of the largest.
TEST(QuantizeWeightsTest, ScalesAreUsable) {
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kMin = std::numeric_limits<float>::min();
  const std::vector<float> filter = {0.0F, -0.0F, 0.0F, 0.0F, 3.0F * kMin, std::numeric_limits<float>::denorm_min(),
                                     kMax, -kMax};
  const std::vector<float> bias = {0.0F, -0.3F, 0.0F, 0.0F};
  Result8 got(filter.size(), 4);
  const Status status = quantize({filter, FilterLayout::kOihw, bias}, got);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(got.filter, (std::vector<std::int8_t>{0, 0, 0, 0, 3, 0, 127, -127}));
  EXPECT_EQ(got.scales[0], 1.0F);
  EXPECT_EQ(got.scales[2], kMin);
  EXPECT_EQ(got.scales[3], kMax / 127.0F);
  EXPECT_EQ(got.bias[0], 0);
  const double real =
      static_cast<double>(got.bias[1]) * static_cast<double>(got.scales[1]) * static_cast<double>(kSrcScale);
  EXPECT_NEAR(real, static_cast<double>(bias[1]), 0x1p-24 * 0.3);
  Conv2dParams p;
  p.in_channels = 2;
  p.out_channels = 4;
  set_types(p, {DataType::kU8, {kSrcScale, 3}}, DataType::kS8);
  p.dst_type = DataType::kF32;
  const Result<Operator> op = Operator::conv2d(
      p,
      {{DataType::kS8, got.filter.data(), 8}, FilterLayout::kOihw, {DataType::kS32, got.bias.data(), 4}, got.scales});
  EXPECT_TRUE(op.ok()) << op.status().message();
}

// Whatever the bias is, the layer can be made, and adds the bias that was given.
TEST(QuantizeWeightsTest, WeightsNextToNothingBesideTheirBias) {
  const std::vector<float> filter = {1e-12F, -2e-12F, 127.0F, -127.0F, 0.5e-3F, 2e-3F};
  const std::vector<float> bias = {-6.0F, 2147483648.0F, 0.25F};
  Result8 got(filter.size(), 3);
  const Status status = quantize({filter, FilterLayout::kOihw, bias}, got, 1.0F);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(got.scales, (std::vector<float>{6.0F * 0x1p-30F, 2.0F, 2e-3F / 127.0F}));
  EXPECT_EQ(got.bias[0], -(1 << 30));
  EXPECT_EQ(got.bias[1], 1 << 30);
  EXPECT_EQ(got.filter, (std::vector<std::int8_t>{0, 0, 64, -64, 32, 127}));
  Conv2dParams p;
  p.in_channels = 2;
  p.out_channels = 3;
  set_types(p, {DataType::kU8, {1.0F, 3}}, DataType::kS8);
  p.dst_type = DataType::kF32;
  const Result<Operator> op = Operator::conv2d(
      p,
      {{DataType::kS8, got.filter.data(), 6}, FilterLayout::kOihw, {DataType::kS32, got.bias.data(), 3}, got.scales});
  EXPECT_TRUE(op.ok()) << op.status().message();
}

TEST(QuantizeWeightsTest, NoBiasIsZeros) {
  const std::vector<float> filter = {1.0F, 2.0F};
  Result8 got(2, 2);
  ASSERT_TRUE(quantize({filter}, got).ok());
  EXPECT_EQ(got.bias, (std::vector<std::int32_t>{0, 0}));
}

// A fully connected layer of u8 with fp32 output: each of its terms is off by half a step of its weight, the bias by half a step.
TEST(QuantizeWeightsTest, TheLayerIsWithinHalfASteps) {
  constexpr std::int32_t kIn = 40;
  constexpr std::int32_t kOut = 9;
  Random random(2);
  const reference::Weights w = random_weights({kOut, kIn, 1, 1}, true, random);
  Result8 got(w.filter.size(), kOut);
  ASSERT_TRUE(quantize(oihw(w), got).ok());
  FullyConnectedParams p;
  p.in_features = kIn;
  p.out_features = kOut;
  set_types(p, {DataType::kU8, {kSrcScale, 128}}, DataType::kS8);
  p.dst_type = DataType::kF32;
  const Result<Operator> op = Operator::fully_connected(p, {{DataType::kS8, got.filter.data(), got.filter.size()},
                                                            FilterLayout::kOihw,
                                                            {DataType::kS32, got.bias.data(), got.bias.size()},
                                                            got.scales});
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Result<Plan> plan = op->plan({1, 1, 1, kIn});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  std::vector<std::uint8_t> src(kIn);
  for (std::uint8_t& v : src) v = static_cast<std::uint8_t>(random.integer(0, 255));
  std::vector<float> dst(kOut);
  std::vector<std::byte> workspace(plan->workspace_bytes() + Plan::kWorkspaceAlignment);
  void* aligned = workspace.data();
  std::size_t room = workspace.size();
  ASSERT_NE(std::align(Plan::kWorkspaceAlignment, plan->workspace_bytes(), aligned, room), nullptr);
  ASSERT_TRUE(plan->run(src.data(), dst.data(), aligned).ok());
  for (std::size_t m = 0; m < kOut; ++m) {
    double exact = static_cast<double>(w.bias[m]);
    double bound = 0.5 * static_cast<double>(kSrcScale) * static_cast<double>(got.scales[m]);
    for (std::size_t i = 0; i < kIn; ++i) {
      const double x = static_cast<double>(kSrcScale) * (src[i] - 128.0);
      exact += x * static_cast<double>(w.filter[m * kIn + i]);
      bound += 0.5 * static_cast<double>(got.scales[m]) * std::abs(x);
    }
    EXPECT_NEAR(static_cast<double>(dst[m]), exact, bound + 0x1p-22 * std::abs(exact)) << m;
  }
}

class QuantizeWeightsRefusalTest : public testing::Test {
 protected:
  void expect(const char* what, StatusCode code, const std::vector<std::string>& says) {
    const Status status = quantize_weights(weights, channels, src_scale, filter, scales, bias);
    expect_refused(what, status, code, says);
    const Result8 untouched(got.filter.size(), got.scales.size());
    EXPECT_TRUE(got.filter == untouched.filter && got.scales == untouched.scales && got.bias == untouched.bias) << what;
  }
  static constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;

  std::vector<float> values = std::vector<float>(12, 0.5F);
  std::vector<float> biases = std::vector<float>(4, 0.25F);
  Result8 got{12, 4};
  Weights weights{values, FilterLayout::kOihw, biases};
  std::int32_t channels = 4;
  float src_scale = kSrcScale;
  std::int8_t* filter = got.filter.data();
  float* scales = got.scales.data();
  std::int32_t* bias = got.bias.data();
};

TEST_F(QuantizeWeightsRefusalTest, Counts) {
  channels = 0;
  expect("no channels", kInvalid, {"out_channels", "0"});
  channels = 5;
  expect("five channels", kInvalid, {"bias", "4", "5"});
  weights.bias = {};
  expect("no multiple", kInvalid, {"filter", "12", "5"});
  channels = 4;
  weights.filter.size = 0;
  expect("empty", kInvalid, {"filter", "0"});
  weights.filter.data = nullptr;
  expect("null", kInvalid, {"filter is null"});
}

TEST_F(QuantizeWeightsRefusalTest, Results) {
  filter = nullptr;
  expect("no filter", kInvalid, {"filter is null"});
  filter = got.filter.data();
  scales = nullptr;
  expect("no scales", kInvalid, {"scales is null"});
  scales = got.scales.data();
  bias = nullptr;
  expect("no bias", kInvalid, {"bias is null"});
}

TEST_F(QuantizeWeightsRefusalTest, Types) {
  weights.filter.type = DataType::kS8;
  expect("a filter of integers", StatusCode::kUnsupported, {"filter", "s8", "f32"});
  weights.filter.type = DataType::kF32;
  weights.bias.type = DataType::kS32;
  expect("a bias of integers", StatusCode::kUnsupported, {"bias", "s32", "f32"});
  weights.bias.type = DataType::kF32;
  weights.scales = biases;
  expect("scales", kInvalid, {"scales", "4"});
  weights.scales = {};
  weights.layout = FilterLayout::kIohw;
  expect("IOHW", StatusCode::kUnsupported, {"IOHW", "4"});
}

TEST_F(QuantizeWeightsRefusalTest, Values) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float bad : {kInf, -kInf, kNan}) {
    values[7] = bad;
    expect("a weight", kInvalid, {"channel 2", std::isnan(bad) ? "nan" : "inf"});
    values[7] = 0.5F;
    biases[3] = bad;
    expect("a bias", kInvalid, {"channel 3", std::isnan(bad) ? "nan" : "inf"});
    biases[3] = 0.25F;
  }
  for (const float bad : {0.0F, -1.0F, kInf, kNan}) {
    src_scale = bad;
    expect("a scale", kInvalid, {"src_scale"});
  }
}

// 40,000 weights of 127 sum up to 40,000 * 127 * 255 = 1,295,400,000; scale and src_scale are 1, and the bias is 2^30.
TEST_F(QuantizeWeightsRefusalTest, SumsThatCouldExceed32Bits) {
  values.assign(80000, 127.0F);
  std::fill(values.begin(), values.begin() + 40000, 0.5F);
  biases = {0.25F, 1073741824.0F};
  got = Result8(values.size(), 2);
  filter = got.filter.data();
  scales = got.scales.data();
  bias = got.bias.data();
  weights = Weights(values, FilterLayout::kOihw, biases);
  channels = 2;
  src_scale = 1.0F;
  expect("a large bias", StatusCode::kOutOfRange, {"channel 1", "1073741824", "2369141824"});
  std::fill(values.begin() + 40000, values.begin() + 50000, 0.0F);
  const Status status = quantize_weights(weights, 2, src_scale, filter, scales, bias);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(got.bias[1], 1073741824);
}

}  // namespace
}  // namespace tandem::test
