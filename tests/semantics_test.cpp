// NaN, infinity, denormals and signed zero: as activation.hpp has them, equal on every ISA, and rounded once to the
// type of the output.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "current_case.hpp"
#include "elements.hpp"
#include "printers.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"
#include "typed_isas.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
constexpr float kSmallest = std::numeric_limits<float>::min();
constexpr float kLargest = std::numeric_limits<float>::max();

/// Positive numbers at the ends of a type.
struct Extremes {
  float denormal;  // the smallest of all
  float smallest;  // that is no denormal
  float largest;
};
Extremes extremes(DataType type) {
  if (type == DataType::kF32) return {kDenormal, kSmallest, kLargest};
  const auto largest = static_cast<std::uint16_t>(half_bits(type, kInf) - 1);
  return {half_value(type, 1), type == DataType::kBf16 ? 0x1p-126F : 0x1p-14F, half_value(type, largest)};
}

/// Of this type, those next to 6 among them, where an activation may clamp.
std::vector<float> values_of(DataType type) {
  const auto [denormal, smallest, largest] = extremes(type);
  const std::uint32_t six = element_bits(type, 6.0F);
  return {0.0F,
          -0.0F,
          denormal,
          -denormal,
          smallest,
          -smallest,
          1.0F,
          -1.0F,
          6.0F,
          element_value(type, six + 1),
          3.0F,
          largest,
          -largest,
          kInf,
          -kInf,
          kNan,
          -kNan,
          0.5F * smallest,
          element_value(type, six - 1),
          7.0F,
          -0.5F};
}

const Activation kActivations[] = {Activation::none(),
                                   Activation::relu(),
                                   Activation::relu6(),
                                   Activation::clamp(-0.5F, 0.5F),
                                   Activation::clamp(-0.0F, 0.0F),
                                   Activation::clamp(kDenormal, kSmallest),
                                   Activation::clamp(-kInf, -1.0F),
                                   Activation::clamp(kInf, kInf)};

float activated(float x, const Activation& a) { return x < a.lo ? a.lo : (x > a.hi ? a.hi : x); }

/// Equal bits, or both NaN: which NaN it is differs between CPUs.
void expect_same_value(float got, float expected, float input) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(got)) << got << " of " << input;
  } else {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(expected))
        << got << " instead of " << expected << " of " << input;
  }
}

class SemanticsTest : public testing::TestWithParam<TypedIsa> {
 protected:
  /// Of the tensors.
  static DataType type() { return GetParam().types.tensors; }
  static float stored(float x) { return static_cast<float>(rounded(type(), static_cast<double>(x))); }

  /// Runs on one thread; fails the current test when that does not work.
  std::vector<float> run(const Result<Operator>& op, const Shape& input, const std::vector<float>& src,
                         const std::vector<float>& residual = {}) const {
    if (!op.ok()) {
      ADD_FAILURE() << op.status().message();
      return {};
    }
    const Subject subject = {"", *op, input, !residual.empty(), false, true, type()};
    Tensors tensors(subject);
    tensors.src = src;
    tensors.residual = residual;
    return run_once(subject, tensors, {1, Executor::inline_only()});
  }

  // These values in every lane: pixel p's channel c is value p + c.
  static constexpr std::int32_t kChannels = 37;  // whole vectors and a tail on every ISA
  const std::vector<float> values_ = values_of(type());
  const Shape shape_ = {1, 1, static_cast<std::int64_t>(values_.size()), kChannels};
  std::vector<float> values() const {
    std::vector<float> all;
    for (std::size_t p = 0; p < values_.size(); ++p) {
      for (std::size_t c = 0; c < kChannels; ++c) all.push_back(values_[(p + c) % values_.size()]);
    }
    return all;
  }

  // x * 1 + (-0) is x, -0 and denormals included, whereas a null bias, +0, would turn -0 into +0.
  static reference::Weights identity_taps() {
    return {std::vector<float>(kChannels, 1.0F), std::vector<float>(kChannels, -0.0F)};
  }
};

TEST_P(SemanticsTest, ActivationsAfterDepthwise) {
  for (const Activation& activation : kActivations) {
    const CurrentCase described(text(activation));
    DepthwiseParams p;
    p.channels = kChannels;
    p.kernel_h = p.kernel_w = 1;
    p.activation = activation;
    const std::vector<float> src = values();
    const std::vector<float> dst = run(create(p, {identity_taps()}, GetParam()), shape_, src);
    ASSERT_EQ(dst.size(), src.size());
    for (std::size_t i = 0; i < src.size(); ++i)
      expect_same_value(dst[i], stored(activated(src[i], activation)), src[i]);
  }
}

TEST_P(SemanticsTest, ActivationsAfterMatrixProducts) {
  const reference::Weights ones = {std::vector<float>(kChannels, 1.0F), std::vector<float>(kChannels, -0.0F)};
  const auto pixels = static_cast<std::int64_t>(values_.size());
  for (const Activation& activation : kActivations) {
    const CurrentCase described(text(activation));
    Conv2dParams conv2d;
    conv2d.in_channels = 1;
    conv2d.out_channels = kChannels;
    conv2d.activation = activation;
    const Result<Operator> ops[] = {create(PointwiseParams{1, kChannels, activation, false}, {ones}, GetParam()),
                                    create(conv2d, {ones}, GetParam()),
                                    create(FullyConnectedParams{1, kChannels, activation, false}, {ones}, GetParam())};
    for (const Result<Operator>& op : ops) {
      const std::vector<float> dst = run(op, {pixels, 1, 1, 1}, values_);
      ASSERT_EQ(dst.size(), values_.size() * kChannels);
      for (std::size_t i = 0; i < dst.size(); ++i) {
        expect_same_value(dst[i], stored(activated(values_[i / kChannels], activation)), values_[i / kChannels]);
      }
    }
  }
}

TEST_P(SemanticsTest, ActivationsAfterPooling) {
  const auto images = static_cast<std::int64_t>(values_.size());
  for (const Activation& activation : kActivations) {
    const CurrentCase described(text(activation));
    const std::vector<float> src = values();
    const std::vector<float> dst =
        run(create(GlobalAveragePoolParams{kChannels, activation}, {}, GetParam()), {images, 1, 1, kChannels}, src);
    ASSERT_EQ(dst.size(), src.size());
    for (std::size_t i = 0; i < src.size(); ++i) {
      // The sum begins at +0, so the mean of a lone -0 is +0.
      expect_same_value(dst[i], stored(activated(src[i] + 0.0F, activation)), src[i]);
    }
  }
}

TEST_P(SemanticsTest, ActivationsBetweenTheStagesOfABlock) {
  for (const Activation& activation : kActivations) {
    const CurrentCase described(text(activation));
    SeparableParams p;
    p.depthwise.channels = 1;
    p.depthwise.kernel_h = p.depthwise.kernel_w = 1;
    p.depthwise.activation = activation;
    p.pointwise = {1, kChannels, Activation::none(), false};
    const reference::Weights one = {{1.0F}, {-0.0F}};
    const reference::Weights ones = {std::vector<float>(kChannels, 1.0F), std::vector<float>(kChannels, -0.0F)};
    const auto pixels = static_cast<std::int64_t>(values_.size());
    const std::vector<float> dst = run(create(p, {one, ones}, GetParam()), {1, pixels, 1, 1}, values_);
    ASSERT_EQ(dst.size(), values_.size() * kChannels);
    for (std::size_t i = 0; i < dst.size(); ++i) {
      expect_same_value(dst[i], stored(activated(values_[i / kChannels], activation)), values_[i / kChannels]);
    }
  }
}

TEST_P(SemanticsTest, ANullBiasIsPlusZero) {
  const reference::Weights ones = {std::vector<float>(kChannels, 1.0F), {}};
  const std::vector<float> dst =
      run(create(PointwiseParams{1, kChannels, Activation::none(), false}, {ones}, GetParam()), {1, 1, 1, 1}, {-0.0F});
  for (const float y : dst) expect_same_value(y, 0.0F, -0.0F);
}

TEST_P(SemanticsTest, DenormalsAreMultipliedAndAdded) {
  // 4 denormals of weight 1 and a residual of 3.
  const float denormal = extremes(type()).denormal;
  const reference::Weights ones = {std::vector<float>(4 * kChannels, 1.0F), {}};
  const std::vector<float> residual(kChannels, 3 * denormal);
  const std::vector<float> dst =
      run(create(PointwiseParams{4, kChannels, Activation::none(), true}, {ones}, GetParam()), {1, 1, 1, 4},
          {denormal, denormal, denormal, denormal}, residual);
  ASSERT_EQ(dst.size(), static_cast<std::size_t>(kChannels));
  for (const float y : dst) expect_same_value(y, 7 * denormal, denormal);

  // Two normal numbers whose product is a denormal.
  const float value = type() == DataType::kF16 ? 0x1p-14F : 0x1p-100F;
  const float weight = type() == DataType::kF16 ? 0x1p-8F : type() == DataType::kBf16 ? 0x1p-30F : 0x1p-45F;
  const reference::Weights tiny = {std::vector<float>(kChannels, weight), {}};
  DepthwiseParams p;
  p.channels = kChannels;
  p.kernel_h = p.kernel_w = 1;
  const std::vector<float> products =
      run(create(p, {tiny}, GetParam()), {1, 1, 1, kChannels}, std::vector<float>(kChannels, value));
  ASSERT_EQ(products.size(), static_cast<std::size_t>(kChannels));
  for (const float y : products) expect_same_value(y, value * weight, value);
}

// What a type cannot hold becomes infinite, and what is halfway to the next number becomes the even one.
TEST_P(SemanticsTest, OutputsAreRoundedOnce) {
  const float largest = extremes(type()).largest;
  const float one = 1.0F;
  const float step = element_value(type(), element_bits(type(), one) + 1) - one;
  const reference::Weights ones = {std::vector<float>(2 * kChannels, 1.0F), {}};
  const Result<Operator> op = create(PointwiseParams{2, kChannels, Activation::none(), false}, {ones}, GetParam());
  const auto sum = [&](float a, float b) { return run(op, {1, 1, 1, 2}, {a, b}); };
  for (const float y : sum(largest, largest)) expect_same_value(y, kInf, largest);
  for (const float y : sum(-largest, -largest)) expect_same_value(y, -kInf, -largest);
  for (const float y : sum(one, step / 2)) expect_same_value(y, one, one);
  for (const float y : sum(one + step, step / 2)) expect_same_value(y, one + 2 * step, one);
}

// A weight that is not finite meets only the taps inside the image: padding contributes nothing, not 0 * inf.
TEST_P(SemanticsTest, PaddingIsSkippedNotMultiplied) {
  std::vector<float> taps(9 * kChannels, 1.0F);
  for (std::size_t c = 0; c < kChannels; ++c) taps[c * 9] = c % 2 == 0 ? kInf : kNan;  // top left
  DepthwiseParams depthwise;
  depthwise.channels = kChannels;
  depthwise.padding = Padding::same();
  const std::vector<float> of_depthwise =
      run(create(depthwise, {{taps, {}}}, GetParam()), {1, 2, 2, kChannels}, std::vector<float>(4 * kChannels, 1.0F));
  Conv2dParams conv2d;
  conv2d.in_channels = 1;
  conv2d.out_channels = kChannels;
  conv2d.kernel_h = conv2d.kernel_w = 3;
  conv2d.padding = Padding::same();
  const std::vector<float> of_conv2d =
      run(create(conv2d, {{taps, {}}}, GetParam()), {1, 2, 2, 1}, std::vector<float>(4, 1.0F));
  for (const std::vector<float>& dst : {of_depthwise, of_conv2d}) {
    ASSERT_EQ(dst.size(), 4U * kChannels);
    for (std::size_t i = 0; i < dst.size(); ++i) {
      const std::size_t pixel = i / kChannels;
      const float top_left = i % kChannels % 2 == 0 ? kInf : kNan;
      // Only the bottom right pixel has a neighbour at its top left.
      expect_same_value(dst[i], pixel == 3 ? top_left : 4.0F, 1.0F);
    }
  }
}

// One pixel of NaN or infinity changes those outputs whose sums hold it, and not one bit of the others. All its channels
// are poisoned: a clamp between two stages may hide a single one.
TEST_P(SemanticsTest, WhatIsNotFiniteStaysInItsWindow) {
  for (const Subject& subject : subjects(GetParam())) {
    if (!subject.local || subject.input.h > 30) continue;  // of the large ones more of the same, and slow
    const CurrentCase described(subject.name);
    const Tensors clean(subject);
    const std::vector<float> expected = run_once(subject, clean, {1, Executor::inline_only()});
    const Shape& in = subject.input;
    const Result<Shape> out = subject.op.output_shape(in);
    ASSERT_TRUE(out.ok());
    for (const float poison : {kNan, kInf}) {
      Tensors spoilt = clean;
      const std::int64_t y = in.h / 2;
      const std::int64_t x = in.w / 3;
      std::fill_n(spoilt.src.begin() + (((in.n - 1) * in.h + y) * in.w + x) * in.c, in.c, poison);
      const std::vector<float> dst = run_once(subject, spoilt, {1, Executor::inline_only()});
      ASSERT_EQ(dst.size(), expected.size());
      std::int64_t touched = 0;
      std::int64_t outside = 0;
      for (std::size_t i = 0; i < dst.size(); ++i) {
        if (std::bit_cast<std::uint32_t>(dst[i]) == std::bit_cast<std::uint32_t>(expected[i])) continue;
        ++touched;
        const auto pixel = static_cast<std::int64_t>(i) / out->c;
        const std::int64_t oy = pixel / out->w % out->h;
        const std::int64_t ox = pixel % out->w;
        // No kernel of the subjects is larger than 5: two pixels each way, after the stride.
        const bool near = std::abs(oy * in.h / out->h - y) <= 3 && std::abs(ox * in.w / out->w - x) <= 3;
        if (pixel / (out->h * out->w) != in.n - 1 || (out->h > 1 && !near)) ++outside;
      }
      EXPECT_GT(touched, 0);
      EXPECT_EQ(outside, 0) << "of " << touched << " elements that changed";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, SemanticsTest, testing::ValuesIn(typed_isas_under_test()), typed_isa_test_name);

// Without fused multiply-adds a vector ISA has the very bits of the scalar one, on any values whatever.
TEST(SemanticsAcrossIsas, BitsOfSse41AreThoseOfScalar) {
  bool has_sse41 = false;
  for (const IsaInfo& isa : isas()) has_sse41 = has_sse41 || (std::string(isa.name) == "sse41" && isa.available);
  if (!has_sse41) GTEST_SKIP() << "this machine has no sse41";
  for (const TypePair& types : kTypePairs) {
    const std::vector<Subject> vector = subjects(TypedIsa{"sse41", types});
    const std::vector<Subject> scalar = subjects(TypedIsa{"scalar", types});
    ASSERT_FALSE(vector.empty());
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const CurrentCase described(text(vector[i].name, ", ", to_string(types.tensors), '*', to_string(types.weights)));
      const Tensors tensors(vector[i]);
      EXPECT_EQ(first_difference(run_once(vector[i], tensors, {1, Executor::inline_only()}),
                                 run_once(scalar[i], tensors, {1, Executor::inline_only()})),
                -1);
    }
  }
}

}  // namespace
}  // namespace tandem::test
