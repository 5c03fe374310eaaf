// What create() refuses of quantised blocks: each sentence names the member and has the value.
#include <limits>
#include <vector>

#include "tandem/operator.hpp"
#include "tests/refusal.hpp"

namespace tandem::test::int8 {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
constexpr StatusCode kOutOfRange = StatusCode::kOutOfRange;

// 4 -> 8 -> 4 channels, and nothing wrong.
struct Attempt {
  InvertedResidualParams params;
  std::vector<std::int8_t> values = std::vector<std::int8_t>(72, 1);
  std::vector<float> scales = {0.5F};

  Attempt() {
    params.expand.in_channels = params.project.out_channels = 4;
    params.expand.out_channels = params.depthwise.channels = params.project.in_channels = 8;
    params.depthwise.padding = Padding::same();
    params.residual = true;
    set_types(params, {DataType::kU8, {0.5F, 3}}, DataType::kS8);
  }
  [[nodiscard]] Weights filter(std::size_t size) const {
    return {{DataType::kS8, values.data(), size}, FilterLayout::kOihw, {}, scales};
  }
  [[nodiscard]] Status create() const {
    return Operator::inverted_residual(params, filter(32), filter(72), filter(32)).status();
  }
  [[nodiscard]] Result<Operator> squeezed() const {
    return Operator::inverted_residual(params, filter(32), filter(72), {filter(16), filter(16)}, filter(32));
  }
  [[nodiscard]] Result<Operator> squeezed_separable() const {
    return Operator::separable({params.depthwise, params.project, params.squeeze_excite}, filter(72),
                               {filter(16), filter(16)}, filter(32));
  }
  [[nodiscard]] Status create_separable() const {
    return Operator::separable({params.depthwise, params.project}, filter(72), filter(32)).status();
  }
};

template <class Spoil>
void expect_block_refused(const char* what, StatusCode code, const std::vector<std::string>& says, const Spoil& spoil) {
  Attempt attempt;
  spoil(attempt.params);
  expect_refused(what, attempt.create(), code, says);
}
template <class Spoil>
void expect_separable_refused(const char* what, StatusCode code, const std::vector<std::string>& says,
                              const Spoil& spoil) {
  Attempt attempt;
  spoil(attempt.params);
  expect_refused(what, attempt.create_separable(), code, says);
}

TEST(Int8BlockValidationTest, WhatIsAccepted) {
  Attempt attempt;
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().message();
  EXPECT_TRUE(attempt.create_separable().ok()) << attempt.create_separable().message();
  attempt.params.residual = false;  // then sum_type and the type of the residual are not read
  attempt.params.sum_type = static_cast<DataType>(99);
  attempt.params.project.residual_type = static_cast<DataType>(99);
  attempt.params.project.dst_type = DataType::kF32;
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().message();
  EXPECT_TRUE(attempt.create_separable().ok()) << attempt.create_separable().message();
}

TEST(Int8BlockValidationTest, QuantisationsThatDiffer) {
  const auto scale = [](TensorType& t) { t.quantization.scale = 0.25F; };
  const auto zero_point = [](TensorType& t) { t.quantization.zero_point = 17; };
  expect_block_refused("a scale", kInvalid, {"expand.dst_type", "0.25", "depthwise.src_type", "0.5"},
                       [&](auto& p) { scale(p.expand.dst_type); });
  expect_block_refused("a zero point", kInvalid, {"expand.dst_type", "3", "depthwise.src_type", "17"},
                       [&](auto& p) { zero_point(p.depthwise.src_type); });
  expect_block_refused("a scale", kInvalid, {"depthwise.dst_type", "0.5", "project.src_type", "0.25"},
                       [&](auto& p) { scale(p.project.src_type); });
  expect_block_refused("a residual", kInvalid, {"project.residual_type", "17", "expand.src_type", "3"},
                       [&](auto& p) { zero_point(p.project.residual_type); });
  expect_separable_refused("a zero point", kInvalid, {"depthwise.dst_type", "17", "pointwise.src_type", "3"},
                           [&](auto& p) { zero_point(p.depthwise.dst_type); });
}

TEST(Int8BlockValidationTest, TypesThatDiffer) {
  expect_block_refused("a float inside", kUnsupported, {"expand.dst_type is f32", "u8"},
                       [](auto& p) { p.expand.dst_type = DataType::kF32; });
  expect_block_refused("a float inside", kUnsupported, {"depthwise.dst_type is f32", "u8"},
                       [](auto& p) { p.depthwise.dst_type = DataType::kF32; });
  expect_separable_refused("a float inside", kUnsupported, {"depthwise.dst_type is f32", "u8"},
                           [](auto& p) { p.depthwise.dst_type = DataType::kF32; });
  expect_block_refused("s8 after u8", kInvalid, {"expand.dst_type is u8", "depthwise.src_type is s8"}, [](auto& p) {
    set_types(p.depthwise, {DataType::kS8, {0.5F, 3}}, DataType::kS8);
    set_types(p.project, {DataType::kS8, {0.5F, 3}}, DataType::kS8);
  });
  expect_block_refused("weights of floats", kUnsupported, {"depthwise.weight_type", "f32"},
                       [](auto& p) { p.depthwise.weight_type = DataType::kF32; });
}

TEST(Int8BlockValidationTest, Residuals) {
  expect_block_refused("no type of the sum", kInvalid, {"project.dst_type is u8", "sum_type is f32"},
                       [](auto& p) { p.sum_type = {}; });
  expect_block_refused("a scale of the sum", kInvalid, {"sum_type", "scale 0"},
                       [](auto& p) { p.sum_type.quantization.scale = 0.0F; });
  expect_block_refused("a quotient", kOutOfRange, {"1e+30", "1e-30"}, [](auto& p) {
    p.project.dst_type.quantization.scale = 1e30F;
    p.sum_type.quantization.scale = 1e-30F;
  });
  expect_block_refused("a stage's own", kUnsupported, {"project.residual", "u8"},
                       [](auto& p) { p.project.residual = true; });
  expect_separable_refused("a stage's own", kUnsupported, {"pointwise.residual", "u8"},
                           [](auto& p) { p.project.residual = true; });
}

// With a squeeze-and-excite of 2 channels after the reduction, and nothing else wrong.
template <class Spoil>
void expect_squeezed_refused(const char* what, StatusCode code, const std::vector<std::string>& says,
                             const Spoil& spoil) {
  Attempt attempt;
  SqueezeExciteParams& squeeze = attempt.params.squeeze_excite.emplace(SqueezeExciteParams{8, 2});
  set_types(squeeze, {DataType::kU8, {0.5F, 3}}, DataType::kS8);
  EXPECT_TRUE(attempt.squeezed().status().ok()) << attempt.squeezed().status().message();
  EXPECT_TRUE(attempt.squeezed_separable().status().ok()) << attempt.squeezed_separable().status().message();
  spoil(squeeze);
  expect_refused(what, attempt.squeezed().status(), code, says);
  expect_refused(what, attempt.squeezed_separable().status(), code, says);
}

TEST(Int8BlockValidationTest, TypesOfASqueezeExcite) {
  expect_squeezed_refused("a scale before it", kInvalid,
                          {"depthwise.dst_type has scale 0.5", "squeeze_excite.src_type has 0.25"},
                          [](auto& s) { s.src_type.quantization.scale = 0.25F; });
  expect_squeezed_refused("a zero point after it", kInvalid,
                          {"squeeze_excite.dst_type has scale 0.5 and zero point 17", "src_type has 0.5 and 3"},
                          [](auto& s) { s.dst_type.quantization.zero_point = 17; });
  expect_squeezed_refused("a block of floats", kInvalid, {"depthwise.dst_type is u8", "squeeze_excite.src_type is f32"},
                          [](auto& s) { set_types(s, DataType::kF32, DataType::kF32); });
  expect_squeezed_refused("no mean_type", kInvalid,
                          {"squeeze_excite.src_type is u8", "squeeze_excite.mean_type is f32"},
                          [](auto& s) { s.mean_type = {}; });
  expect_squeezed_refused("s8 after u8", kInvalid, {"squeeze_excite.hidden_type is s8"},
                          [](auto& s) { s.hidden_type.type = DataType::kS8; });
  expect_squeezed_refused("a scale", kInvalid, {"squeeze_excite.expanded_type has scale -1"},
                          [](auto& s) { s.expanded_type.quantization.scale = -1.0F; });
  expect_squeezed_refused("a zero point", kInvalid, {"squeeze_excite.gate_type has zero point 256"},
                          [](auto& s) { s.gate_type.quantization.zero_point = 256; });
  expect_squeezed_refused("weights of floats", kUnsupported, {"squeeze_excite.reduce.weight_type is f32"},
                          [](auto& s) { s.weight_type = DataType::kF32; });
  expect_squeezed_refused("a rounding", kInvalid, {"squeeze_excite.rounding 3"},
                          [](auto& s) { s.rounding = static_cast<Rounding>(3); });
}

TEST(Int8BlockValidationTest, NumbersOfASqueezeExcite) {
  expect_squeezed_refused("a quotient of the mean", kOutOfRange,
                          {"0.5 of squeeze_excite.src_type", "1e-38 of squeeze_excite.mean_type"},
                          [](auto& s) { s.mean_type.quantization.scale = 1e-38F; });
  expect_squeezed_refused("a multiplier", kOutOfRange, {"squeeze_excite.expand.", "channel 0"}, [](auto& s) {
    s.hidden_type.quantization.scale = 1e30F;
    s.expanded_type.quantization.scale = 1e-30F;
  });
  Attempt attempt;
  set_types(attempt.params.squeeze_excite.emplace(SqueezeExciteParams{8, 2}), {DataType::kU8, {0.5F, 3}},
            DataType::kS8);
  attempt.params.residual = false;
  const Shape large{1, 4096, 4096, 4};
  expect_refused("a large image", attempt.squeezed().value().plan(large).status(), kOutOfRange, {"16777216 pixels"});
  expect_refused("a large image", attempt.squeezed_separable().value().plan({1, 4096, 4096, 8}).status(), kOutOfRange,
                 {"16777216 pixels"});
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  attempt.params.depthwise.padding = {Padding::Mode::kExplicit, kMost, kMost, kMost, kMost};
  expect_refused("a huge image", attempt.squeezed().value().output_shape({1, 8, 8, 4}).status(), kOutOfRange,
                 {"9223372036854775807 pixels"});
  expect_refused("a huge image", attempt.squeezed_separable().value().output_shape({1, 8, 8, 8}).status(), kOutOfRange,
                 {"9223372036854775807 pixels"});
}

TEST(Int8BlockValidationTest, WhatIsNotDoneYet) {
  expect_block_refused("an activation", kUnsupported, {"expand.activation", "u8"},
                       [](auto& p) { p.expand.activation = Activation::silu(); });
  expect_refused("a sum",
                 [] {
                   Attempt a;
                   a.scales[0] = 1e38F;
                   a.params.depthwise.dst_type.quantization.scale = 1e-30F;
                   a.params.project.src_type.quantization.scale = 1e-30F;
                   return a.create();
                 }(),
                 kOutOfRange, {"depthwise.", "channel 0"});
}

}  // namespace
}  // namespace tandem::test::int8
