// What create() refuses of types: of tensors, weights, biases and quantisations.
#include <limits>

#include "create_attempts.hpp"

namespace tandem::test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(CreateTypesValidationTest, TypesThatAnOperatorDoesNotHave) {
  constexpr auto kNone = static_cast<DataType>(99);
  constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
  expect_conv2d_refused("no type of tensors", kInvalid, {"src_type", "99"}, [](auto& a) { a.params.src_type = kNone; });
  expect_conv2d_refused("no type of tensors", kInvalid, {"dst_type", "99"}, [](auto& a) { a.params.dst_type = kNone; });
  expect_conv2d_refused("no type of weights", kInvalid, {"weight_type", "99"},
                        [](auto& a) { a.params.weight_type = kNone; });
  for (const DataType type : {DataType::kU8, DataType::kS8, DataType::kS32}) {
    expect_conv2d_refused("a residual", kUnsupported, {"residual_type", to_string(type)}, [&](auto& a) {
      a.params.residual = true;
      a.params.residual_type = type;
    });
    expect_conv2d_refused("weights", kUnsupported, {"weight_type", to_string(type), "f32"},
                          [&](auto& a) { a.params.weight_type = type; });
  }
  expect_conv2d_refused("tensors", kUnsupported, {"src_type", "s32"},
                        [](auto& a) { set_types(a.params, DataType::kS32, DataType::kS32); });
  expect_conv2d_refused("src and dst", kUnsupported, {"src_type", "f32", "dst_type", "f16"},
                        [](auto& a) { a.params.dst_type = DataType::kF16; });
  expect_conv2d_refused("a residual", kUnsupported, {"residual_type", "bf16", "f32"}, [](auto& a) {
    a.params.residual = true;
    a.params.residual_type = DataType::kBf16;
  });
  Conv2dAttempt unread;
  unread.params.residual_type = kNone;
  EXPECT_TRUE(unread.create().ok()) << "without a residual its type is not read";
  const auto refuse_pair = [&](DataType tensors, DataType weights) {
    expect_conv2d_refused("a pair", kUnsupported, {to_string(tensors), to_string(weights)},
                          [&](auto& a) { set_types(a.params, tensors, weights); });
  };
  refuse_pair(DataType::kF32, DataType::kF16);
  refuse_pair(DataType::kBf16, DataType::kF32);
  refuse_pair(DataType::kBf16, DataType::kF16);
  refuse_pair(DataType::kF16, DataType::kF32);
  refuse_pair(DataType::kF16, DataType::kBf16);
}

TEST(CreateTypesValidationTest, Quantizations) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const auto refuse = [](const char* what, DataType type, const Quantization& q, const char* value) {
    for (TensorType Conv2dParams::* const tensor : {&Conv2dParams::src_type, &Conv2dParams::dst_type}) {
      expect_conv2d_refused(what, kInvalid, {value}, [&](auto& a) { a.params.*tensor = {type, q}; });
    }
  };
  refuse("no scale", DataType::kF32, {0.0F}, "scale 0");
  refuse("a negative scale", DataType::kF32, {-0.5F}, "scale -0.5");
  refuse("a scale that is NaN", DataType::kU8, {kNan}, "scale nan");
  refuse("an infinite scale", DataType::kBf16, {kInf}, "scale inf");
  refuse("a scale of floats", DataType::kF32, {0.25F}, "scale 0.25");
  refuse("a zero point beyond u8", DataType::kU8, {1.0F, 256}, "256");
  refuse("a zero point below u8", DataType::kU8, {1.0F, -1}, "-1");
  refuse("a zero point below s8", DataType::kS8, {1.0F, -129}, "-129");
  refuse("a zero point beyond s8", DataType::kS8, {1.0F, 128}, "128");
  refuse("a zero point of floats", DataType::kF32, {1.0F, 1}, "zero point 1");
  refuse("a zero point of halves", DataType::kF16, {1.0F, -3}, "zero point -3");
}

TEST(CreateTypesValidationTest, WeightsOfOtherTypes) {
  expect_conv2d_refused("a filter of another type", kInvalid, {"filter", "bf16", "f32"},
                        [](auto& a) { a.weights.filter.type = DataType::kBf16; });
  expect_conv2d_refused("floats for halves", kInvalid, {"filter", "f32", "bf16"},
                        [](auto& a) { a.params.weight_type = DataType::kBf16; });
  expect_conv2d_refused("a bias of halves", StatusCode::kUnsupported, {"bias", "f16", "f32"},
                        [](auto& a) { a.weights.bias.type = DataType::kF16; });
  expect_conv2d_refused("a bias of integers", StatusCode::kUnsupported, {"bias", "s32", "f32"},
                        [](auto& a) { a.weights.bias.type = DataType::kS32; });
  const std::vector<float> scales(6, 1.0F);
  expect_conv2d_refused("scales", StatusCode::kUnsupported, {"scales", "6"},
                        [&](auto& a) { a.weights.scales = scales; });
  const auto after = [](const void* p, std::size_t bytes) -> const void* {
    return static_cast<const std::byte*>(p) + bytes;
  };
  expect_conv2d_refused("floats at 2", kInvalid, {"filter", "4", "2"},
                        [&](auto& a) { a.weights.filter.data = after(a.values.data(), 2); });
  expect_conv2d_refused("a bias at 1", kInvalid, {"bias", "4", "1"},
                        [&](auto& a) { a.weights.bias.data = after(a.bias_values.data(), 1); });
  expect_conv2d_refused("halves at 1", kInvalid, {"filter", "2", "1"}, [&](auto& a) {
    set_types(a.params, DataType::kF16, DataType::kF16);
    a.weights.filter = {DataType::kF16, after(a.values.data(), 1), 216};
  });
  Conv2dAttempt halves;  // of which any even address is right
  set_types(halves.params, DataType::kF16, DataType::kF16);
  halves.weights.filter = {DataType::kF16, after(halves.values.data(), 2), 216};
  EXPECT_TRUE(halves.create().ok()) << halves.create().message();
}

TEST(CreateTypesValidationTest, StagesOfABlockShareATypeOfTensors) {
  expect_block_refused(
      "depthwise", {"depthwise.src_type", "f32", "dst_type", "bf16"},
      [](auto& a) { a.params.depthwise.dst_type = DataType::kBf16; }, StatusCode::kUnsupported);
  expect_block_refused("the residual", {"residual_type", "bf16", "f32"},
                       [](auto& a) { a.params.project.residual_type = DataType::kBf16; });
  const std::vector<std::uint16_t> halves(27);
  BlockAttempt b;
  set_types(b.params.depthwise, DataType::kBf16, DataType::kBf16);
  const Weights depthwise{{DataType::kBf16, halves.data(), 27}};
  expect_refused("expand to depthwise",
                 Operator::inverted_residual(b.params, oihw(b.expand), depthwise, oihw(b.project)).status(), kInvalid,
                 {"expand.dst_type", "f32", "depthwise.src_type", "bf16"});
  expect_refused("depthwise to pointwise",
                 Operator::separable({b.params.depthwise, b.params.project}, depthwise, oihw(b.project)).status(),
                 kInvalid, {"depthwise.dst_type", "bf16", "pointwise.src_type", "f32"});
}

// Each operator reads its own types.
TEST(CreateTypesValidationTest, EveryOperatorChecksItsTypes) {
  constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
  const reference::Weights nine = {std::vector<float>(9, 1.0F), {}};
  const auto refuse = [&](auto params, const auto&... weights) {
    set_types(params, DataType::kS32, DataType::kF32);
    expect_refused("tensors", create(params, weights..., "scalar").status(), kUnsupported, {"s32"});
    if (sizeof...(weights) > 0) {
      set_types(params, DataType::kU8, DataType::kF32);
      expect_refused("tensors", create(params, weights..., "scalar").status(), kUnsupported, {"u8"});
    }
    set_types(params, static_cast<DataType>(99), DataType::kF32);
    expect_refused("tensors", create(params, weights..., "scalar").status(), kInvalid, {"99"});
    set_types(params, DataType::kF32, DataType::kS8);
    if (sizeof...(weights) == 0) return;
    expect_refused("weights", create(params, weights..., "scalar").status(), kUnsupported, {"s8"});
    set_types(params, DataType::kF32, DataType::kBf16);
    expect_refused("the filter", create(params, weights..., "scalar").status(), kInvalid, {"filter", "bf16"});
  };
  const BlockAttempt block;
  PointwiseParams pointwise;
  pointwise.in_channels = pointwise.out_channels = 3;
  refuse(pointwise, nine);
  FullyConnectedParams connected;
  connected.in_features = connected.out_features = 3;
  refuse(connected, nine);
  ConvTranspose2dParams transposed;
  transposed.in_channels = transposed.out_channels = 3;
  refuse(transposed, nine);
  refuse(block.params.depthwise, block.depthwise);
  refuse(SeparableParams{block.params.depthwise, block.params.project}, block.depthwise, block.project);
  refuse(block.params, block.expand, block.depthwise, block.project);
  refuse(SqueezeExciteParams{3, 3}, nine, nine);
  refuse(GlobalAveragePoolParams{3, {}});
  MaxPoolParams max_pool;
  AveragePoolParams average_pool;
  ResizeParams resize;
  max_pool.channels = average_pool.channels = resize.channels = 3;
  refuse(max_pool);
  refuse(average_pool);
  resize.output_h = resize.output_w = 2;
  refuse(resize);
  refuse(ConvertLayoutParams{3, {}});
  refuse(ElementwiseParams{3, {}, {}, {}, {}});
  refuse(ActivationParams{3, {}});
  refuse(SoftmaxParams{3});
  refuse(CopyParams{3});
  refuse(DepthToSpaceParams{4, 2});
}

}  // namespace
}  // namespace tandem::test
