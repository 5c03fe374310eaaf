// What create() refuses of quantised layers: each sentence has the value, and the channel if there is one.
#include <limits>

#include "tandem/operator.hpp"
#include "tests/refusal.hpp"

namespace tandem::test::int8 {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
constexpr StatusCode kOutOfRange = StatusCode::kOutOfRange;

// 4 -> 6 channels, 3 x 3, and nothing wrong.
struct Attempt {
  Conv2dParams params;
  std::vector<std::int8_t> values = std::vector<std::int8_t>(216, 1);
  std::vector<std::int32_t> bias = std::vector<std::int32_t>(6, 7);
  std::vector<float> scales = std::vector<float>(6, 0.5F);
  DataType filter_type = DataType::kS8;
  DataType bias_type = DataType::kS32;

  Attempt() {
    params.in_channels = 4;
    params.out_channels = 6;
    params.kernel_h = params.kernel_w = 3;
    set_types(params, {DataType::kU8, {0.5F, 3}}, DataType::kS8);
  }
  [[nodiscard]] Status create() const {
    const Weights weights({filter_type, values.data(), values.size()}, FilterLayout::kOihw,
                          {bias_type, bias.data(), bias.size()}, {scales.data(), scales.size()});
    return Operator::conv2d(params, weights).status();
  }
};

template <class Spoil>
void expect_attempt_refused(const char* what, StatusCode code, const std::vector<std::string>& says,
                            const Spoil& spoil) {
  Attempt attempt;
  spoil(attempt);
  expect_refused(what, attempt.create(), code, says);
}

TEST(Int8ValidationTest, WhatIsAccepted) {
  Attempt attempt;
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().message();
  attempt.params.rounding = Rounding::kTfliteDouble;
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().message();
  attempt.params.weight_type = attempt.filter_type = DataType::kU8;
  attempt.params.dst_type = DataType::kF32;
  attempt.scales.resize(1);
  attempt.bias.assign(6, -3);
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().message();
  const Weights unbiased({DataType::kU8, attempt.values.data(), attempt.values.size()}, FilterLayout::kOihw, {},
                         attempt.scales);
  const Status status = Operator::conv2d(attempt.params, unbiased).status();
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(Int8ValidationTest, TypesThatDoNotGoTogether) {
  expect_attempt_refused("u8 to s8", kUnsupported, {"src_type", "u8", "dst_type", "s8"},
                         [](auto& a) { a.params.dst_type.type = DataType::kS8; });
  expect_attempt_refused("u8 to bf16", kUnsupported, {"src_type", "u8", "dst_type", "bf16"},
                         [](auto& a) { a.params.dst_type = DataType::kBf16; });
  expect_attempt_refused("weights of floats", kUnsupported, {"weight_type", "f32", "u8"},
                         [](auto& a) { a.params.weight_type = DataType::kF32; });
  expect_attempt_refused("no type of weights", kInvalid, {"weight_type", "99"},
                         [](auto& a) { a.params.weight_type = static_cast<DataType>(99); });
  expect_attempt_refused("floats to u8", kUnsupported, {"dst_type", "u8"},
                         [](auto& a) { a.params.src_type = DataType::kF32; });
  expect_attempt_refused("a filter of another type", kInvalid, {"filter", "u8", "s8"},
                         [](auto& a) { a.filter_type = DataType::kU8; });
  expect_attempt_refused("a bias of floats", kUnsupported, {"bias", "f32", "s32"},
                         [](auto& a) { a.bias_type = DataType::kF32; });
}

TEST(Int8ValidationTest, WhatIsNotDoneYet) {
  expect_attempt_refused("a residual", kUnsupported, {"residual", "u8"}, [](auto& a) { a.params.residual = true; });
  expect_attempt_refused("an activation", kUnsupported, {"activation", "4"},
                         [](auto& a) { a.params.activation = Activation::silu(); });
  static const float two = 2.0F;
  expect_attempt_refused("an affine", kUnsupported, {"activation", "affine"},
                         [](auto& a) { a.params.activation = Activation::relu().with_affine({&two, 1}, {}); });
  expect_attempt_refused("no rounding", kInvalid, {"rounding", "77"},
                         [](auto& a) { a.params.rounding = static_cast<Rounding>(77); });
}

TEST(Int8ValidationTest, Scales) {
  for (const float scale :
       {0.0F, -2.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    expect_attempt_refused("a scale of weights", kInvalid, {"scales", "channel 4"},
                           [&](auto& a) { a.scales[4] = scale; });
    expect_attempt_refused("a scale of src", kInvalid, {"src_type", "scale"},
                           [&](auto& a) { a.params.src_type.quantization.scale = scale; });
  }
  expect_attempt_refused("a scale of 0", kInvalid, {"channel 5 is 0"}, [](auto& a) { a.scales[5] = 0.0F; });
  expect_attempt_refused("five scales", kInvalid, {"scales", "5", "6"}, [](auto& a) { a.scales.resize(5); });
  expect_attempt_refused("no scales", kInvalid, {"scales", "0", "6"}, [](auto& a) { a.scales.clear(); });
  expect_attempt_refused("a zero point", kInvalid, {"dst_type", "256", "u8"},
                         [](auto& a) { a.params.dst_type.quantization.zero_point = 256; });
  expect_attempt_refused("an infinite quotient", kOutOfRange, {"channel 2", "1e-38", "1e+30"}, [](auto& a) {
    a.params.dst_type.quantization.scale = 1e-38F;
    a.scales[2] = 1e30F;
  });
}

// 36 weights of 1 sum up to 36 * 255 = 9180 at most.
TEST(Int8ValidationTest, SumsThatCouldExceed32Bits) {
  expect_attempt_refused("a bias", kOutOfRange, {"channel 3", "2147483648"},
                         [](auto& a) { a.bias[3] = std::numeric_limits<std::int32_t>::max() - 9179; });
  expect_attempt_refused("a negative bias", kOutOfRange, {"channel 0"},
                         [](auto& a) { a.bias[0] = std::numeric_limits<std::int32_t>::min(); });
  Attempt attempt;
  attempt.bias[3] = std::numeric_limits<std::int32_t>::max() - 9180;
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().message();
  FullyConnectedParams p;
  p.in_features = 70000;
  p.out_features = 2;
  set_types(p, {DataType::kS8, {0.5F, 3}}, DataType::kS8);
  std::vector<std::int8_t> values(140000, 1);
  std::fill(values.begin() + 70000, values.end(), std::int8_t{-128});
  const float scale = 1.0F;
  expect_refused(
      "many weights",
      Operator::fully_connected(p, Weights({DataType::kS8, values.data(), values.size()}, {}, {}, {&scale, 1}))
          .status(),
      kOutOfRange, {"channel 1", "2284800000"});
}

TEST(Int8ValidationTest, Conversions) {
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

// Plans are made for sizes that no machine can run, at once; what exceeds any memory is said.
TEST(Int8ValidationTest, HugeInputs) {
  DepthwiseParams p;
  p.channels = 16;
  p.kernel_h = 3;
  p.kernel_w = 9;
  p.stride_w = 3;
  set_types(p, {DataType::kU8, {0.5F, 3}}, DataType::kS8);
  const std::vector<std::int8_t> values(16 * 27, 1);
  const std::vector<float> scales(16, 0.5F);
  const auto plan = [&](const Shape& input, std::int64_t l1_bytes) {
    const Weights weights({DataType::kS8, values.data(), values.size()}, FilterLayout::kOihw, {}, scales);
    const Result<Operator> op = Operator::depthwise(p, weights);
    PlanOptions options;
    options.machine.l1_bytes = l1_bytes;
    return op.ok() ? op->plan(input, options).status() : op.status();
  };
  const Shape row{1, 3, std::int64_t{1} << 40, 16};
  EXPECT_TRUE(plan(row, 1).ok()) << plan(row, 1).message();
  p.dilation_h = std::numeric_limits<std::int32_t>::max();
  p.padding = Padding::explicit_sides(p.dilation_h, p.dilation_h, 0, 0);
  EXPECT_TRUE(plan(row, 1).ok()) << plan(row, 1).message();
  EXPECT_EQ(plan(row, std::int64_t{1} << 40).code(), StatusCode::kOk);
  EXPECT_EQ(plan(row, std::int64_t{1} << 62).code(), StatusCode::kOutOfMemory);
}

TEST(Int8ValidationTest, OperatorsWithoutWeights) {
  const TensorType u8{DataType::kU8, {0.5F, 3}};
  const TensorType s8{DataType::kS8, {0.5F, 3}};
  ElementwiseParams good;
  good.channels = 4;
  good.src_type = good.dst_type = good.residual_type = u8;
  ASSERT_TRUE(Operator::elementwise(good).ok());
  const auto refuse = [&](const char* what, StatusCode code, const std::vector<std::string>& says, const auto& change) {
    ElementwiseParams p = good;
    change(p);
    expect_refused(what, Operator::elementwise(p).status(), code, says);
  };
  refuse("types", kUnsupported, {"src_type", "u8", "s8"}, [&](auto& p) { p.dst_type = s8; });
  refuse("a residual", kUnsupported, {"residual_type", "s8", "u8"}, [&](auto& p) { p.residual_type = s8; });
  refuse("a scale", kInvalid, {"residual_type", "scale -1"},
         [&](auto& p) { p.residual_type.quantization.scale = -1.0F; });
  refuse("a division", kUnsupported, {"operation is 4", "u8"},
         [](auto& p) { p.operation = ElementwiseOperation::kDivide; });
  const float two = 2.0F;
  refuse("constants", kUnsupported, {"1 constants"}, [&](auto& p) { p.constants = {&two, 1}; });
  refuse("a function", kUnsupported, {"activation"}, [](auto& p) { p.activation = Activation::silu(); });
  refuse("scales", kOutOfRange, {"1e+30", "src", "1e-30"}, [](auto& p) {
    p.src_type.quantization.scale = 1e30F;
    p.dst_type.quantization.scale = 1e-30F;
  });

  MaxPoolParams pool;
  pool.channels = 4;
  pool.src_type = u8;
  pool.dst_type = {DataType::kU8, {0.25F, 3}};
  expect_refused("a pool", Operator::max_pool(pool).status(), kUnsupported, {"0.5", "0.25"});
  const std::vector<float> slopes(4, 0.1F);
  expect_refused("slopes", Operator::activation({4, Activation::prelu(slopes), u8, u8}).status(), kUnsupported,
                 {"4 channels", "u8"});
  ResizeParams resize;
  resize.channels = 4;
  resize.output_h = resize.output_w = 3;
  resize.mode = ResizeMode::kLinear;
  resize.src_type = resize.dst_type = u8;
  expect_refused("linear", Operator::resize(resize).status(), kUnsupported, {"u8"});
  refuse("a rounding", kInvalid, {"rounding 77"}, [](auto& p) { p.rounding = static_cast<Rounding>(77); });
  GlobalAveragePoolParams means{4, {}, u8, u8};
  const Result<Operator> mean = Operator::global_average_pool(means);
  ASSERT_TRUE(mean.ok());
  expect_refused("pixels", mean->output_shape({1, 1 << 12, 1 << 12, 4}).status(), kOutOfRange, {"16777216", "8421504"});
  means.rounding = static_cast<Rounding>(77);
  expect_refused("a mean's rounding", Operator::global_average_pool(means).status(), kInvalid, {"rounding 77"});
}

TEST(Int8ValidationTest, MeansOfWindows) {
  AveragePoolParams p;
  p.channels = 4;
  p.kernel_h = p.kernel_w = 1 << 12;
  p.padding = Padding::same();
  p.src_type = p.dst_type = {DataType::kU8, {0.5F, 3}};
  const auto status = [&] { return Operator::average_pool(p)->output_shape({1, 8, 8, 4}).status(); };
  EXPECT_TRUE(status().ok()) << status().message();
  p.count_include_pad = true;  // some roundings add this padding
  expect_refused("padding", status(), kOutOfRange, {"16777216", "8421504"});
  p.rounding = static_cast<Rounding>(77);
  expect_refused("a rounding", Operator::average_pool(p).status(), kInvalid, {"rounding 77"});
}

}  // namespace
}  // namespace tandem::test::int8
