// The reference itself, against sums small enough for the head.
#include "reference.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tandem::test {
namespace {

using Values = std::vector<double>;

// 1 2 3
// 4 5 6
// 7 8 9
const reference::Tensor kNine = reference::exact({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});

TEST(ReferenceTest, PaddingByItsMeaning) {
  using Mode = Padding::Mode;
  const auto axis = [](Mode mode, std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
    const reference::Axis a = reference::resolve(mode, 0, 0, in, kernel, stride, dilation);
    return std::make_pair(a.out, a.before);
  };
  EXPECT_EQ(axis(Mode::kSameUpper, 5, 3, 1, 1), std::make_pair(std::int64_t{5}, std::int64_t{1}));
  EXPECT_EQ(axis(Mode::kSameUpper, 224, 3, 2, 1), std::make_pair(std::int64_t{112}, std::int64_t{0}));
  EXPECT_EQ(axis(Mode::kSameLower, 224, 3, 2, 1), std::make_pair(std::int64_t{112}, std::int64_t{1}));
  EXPECT_EQ(axis(Mode::kSameUpper, 5, 3, 1, 2), std::make_pair(std::int64_t{5}, std::int64_t{2}));
  EXPECT_EQ(axis(Mode::kSameUpper, 7, 1, 3, 1), std::make_pair(std::int64_t{3}, std::int64_t{0}));
  EXPECT_EQ(axis(Mode::kExplicit, 5, 3, 2, 1), std::make_pair(std::int64_t{2}, std::int64_t{0}));
  EXPECT_EQ(axis(Mode::kExplicit, 2, 3, 1, 1).first, 0);
}

TEST(ReferenceTest, Conv2d) {
  Conv2dParams p;
  p.in_channels = p.out_channels = 1;
  p.kernel_h = p.kernel_w = 2;
  EXPECT_EQ(reference::conv2d(p, {{1, 10, 100, 1000}, {0.5F}}, kNine).value, (Values{5421.5, 6532.5, 8754.5, 9865.5}));
  p.padding = Padding::explicit_sides(1, 0, 0, 1);
  p.stride_h = p.stride_w = 2;
  EXPECT_EQ(reference::conv2d(p, {{1, 10, 100, 1000}, {}}, kNine).value, (Values{2100, 300, 8754, 6 + 900}));
}

TEST(ReferenceTest, Conv2dSumsOverChannels) {
  Conv2dParams p;
  p.in_channels = 2;
  p.out_channels = 2;
  EXPECT_EQ(reference::conv2d(p, {{1, 2, 3, 4}, {}}, reference::exact({1, 1, 1, 2}, {10, 100})).value,
            (Values{210, 430}));
}

TEST(ReferenceTest, ConvTranspose2d) {
  ConvTranspose2dParams p;
  p.in_channels = p.out_channels = 1;
  p.kernel_h = 1;
  p.kernel_w = 3;
  p.stride_w = 2;
  const reference::Tensor src = reference::exact({1, 1, 3, 1}, {1, 2, 3});
  const reference::Weights w = {{1, 10, 100}, {0.5F}};
  EXPECT_EQ(reference::conv_transpose2d(p, w, src).value, (Values{1.5, 10.5, 102.5, 20.5, 203.5, 30.5, 300.5}));
  p.padding = Padding::explicit_sides(0, 0, 1, 2);
  p.output_padding_w = 1;
  EXPECT_EQ(reference::conv_transpose2d(p, w, src).value, (Values{10.5, 102.5, 20.5, 203.5, 30.5}));
  p.padding = Padding::same_lower();
  p.output_w = 4;
  EXPECT_EQ(reference::conv_transpose2d(p, w, src).value, (Values{102.5, 20.5, 203.5, 30.5}));
  p.padding = Padding::same();
  EXPECT_EQ(reference::conv_transpose2d(p, w, src).value, (Values{102.5, 20.5, 203.5, 30.5}));
}

TEST(ReferenceTest, DepthwiseKeepsChannelsApart) {
  DepthwiseParams p;
  p.channels = 2;
  p.kernel_h = 1;
  p.kernel_w = 2;
  p.dilation_w = 2;
  const reference::Tensor src = reference::exact({1, 1, 3, 2}, {1, 10, 2, 20, 3, 30});
  EXPECT_EQ(reference::depthwise(p, {{1, 2, 3, 4}, {0, 1}}, src).value, (Values{1 + 2 * 3, 10 * 3 + 30 * 4 + 1}));
}

TEST(ReferenceTest, ResidualBeforeActivation) {
  PointwiseParams p = {1, 1, Activation::relu6(), true};
  const reference::Tensor src = reference::exact({1, 1, 3, 1}, {1, 2, 3});
  const reference::Tensor residual = reference::exact({1, 1, 3, 1}, {-5, 1, 100});
  EXPECT_EQ(reference::pointwise(p, {{2}, {}}, src, &residual).value, (Values{0, 5, 6}));
}

TEST(ReferenceTest, Compositions) {
  InvertedResidualParams p;
  p.expand = {1, 2, Activation::none(), false};
  p.depthwise.channels = 2;
  p.depthwise.kernel_h = p.depthwise.kernel_w = 1;
  p.project = {2, 1, Activation::none(), false};
  p.residual = true;
  const reference::Tensor src = reference::exact({1, 1, 1, 1}, {3});
  // 3 -> (6, 9) -> (24, 45) -> 24 * 6 + 45 * 7 + 3
  EXPECT_EQ(reference::inverted_residual(p, {{{2, 3}, {}}, {{4, 5}, {}}, {{6, 7}, {}}}, src).value, (Values{462}));
}

TEST(ReferenceTest, MeanAndFullyConnected) {
  EXPECT_EQ(reference::global_average_pool({1, Activation::none()}, kNine).value, Values{5});
  const std::vector<float> ones(9, 1.0F);
  EXPECT_EQ(reference::fully_connected({9, 1, Activation::none(), false}, {ones, {}}, kNine).value, Values{45});
}

TEST(ReferenceTest, SqueezeExcite) {
  SqueezeExciteParams p;
  p.channels = 2;
  p.reduced_channels = 1;
  p.gate = Activation::relu6();
  const reference::Tensor src = reference::exact({1, 1, 2, 2}, {1, 2, 3, 6});
  // Means 2 and 4; reduced to 2 + 4 - 5 = 1; gates 3 * 1 and 5 * 1 + 2, at most 6.
  EXPECT_EQ(reference::squeeze_excite(p, {{1, 1}, {-5}}, {{3, 5}, {0, 2}}, src).value, (Values{3, 12, 9, 36}));
}

TEST(ReferenceTest, Layouts) {
  const Shape shape = {1, 1, 3, 2};
  const Values nchw = {1, 2, 3, 10, 20, 30};
  const Values nhwc = {1, 10, 2, 20, 3, 30};
  const auto convert = [&](LayoutConversion conversion, const Values& values) {
    return reference::convert_layout({2, conversion}, {shape, values, Values(values.size())}).value;
  };
  EXPECT_EQ(convert(LayoutConversion::kNchwToNhwc, nchw), nhwc);
  EXPECT_EQ(convert(LayoutConversion::kNhwcToNchw, nhwc), nchw);
}

TEST(ReferenceTest, Elementwise) {
  ElementwiseParams p;
  p.channels = 2;
  p.operation = ElementwiseOperation::kSubtractFrom;
  const reference::Tensor src = reference::exact({1, 1, 2, 2}, {1, 2, 3, 6});
  const reference::Tensor mask = reference::exact({1, 1, 2, 1}, {10, 20});
  p.broadcast.c = true;
  EXPECT_EQ(reference::elementwise(p, src, &mask).value, (Values{9, 8, 17, 14}));
  p.broadcast = {true, true, true, false};
  const reference::Tensor row = reference::exact({1, 1, 1, 2}, {10, 20});
  EXPECT_EQ(reference::elementwise(p, src, &row).value, (Values{9, 18, 7, 14}));
  const std::vector<float> constants = {2};
  p.constants = constants;
  p.operation = ElementwiseOperation::kDivide;
  EXPECT_EQ(reference::elementwise(p, src).value, (Values{0.5, 1, 1.5, 3}));
}

TEST(ReferenceTest, Softmax) {
  const float ln3 = std::log(3.0F);
  const Values y = reference::softmax({2}, reference::exact({1, 1, 2, 2}, {0, ln3, 5, 5})).value;
  EXPECT_NEAR(y[0], 0.25, 1e-7);
  EXPECT_NEAR(y[1], 0.75, 1e-7);
  EXPECT_EQ(y[2], 0.5);
}

// One pixel: its channels in the order of the output.
TEST(ReferenceTest, DepthToSpace) {
  const reference::Tensor src = reference::exact({1, 1, 1, 8}, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(reference::depth_to_space({8, 2, DepthToSpaceMode::kDcr}, src).value, (Values{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(reference::depth_to_space({8, 2, DepthToSpaceMode::kCrd}, src).value, (Values{0, 4, 1, 5, 2, 6, 3, 7}));
}

// 2^24 + 1 is no float: the sum in fp32 is off by one, and the bound must allow that, yet not much more.
TEST(ReferenceTest, TheBoundAdmitsRoundingAndLittleElse) {
  const reference::Tensor src = reference::exact({1, 1, 1, 2}, {16777216.0F, 1.0F});
  const reference::Tensor sum = reference::pointwise({2, 1, Activation::none(), false}, {{1, 1}, {}}, src);
  EXPECT_EQ(sum.value[0], 16777217.0);
  EXPECT_GE(sum.bound[0], 1.0);
  EXPECT_LE(sum.bound[0], 5.0);
}

TEST(ReferenceTest, TheBoundGrowsThroughStages) {
  const reference::Tensor src = reference::exact({1, 1, 1, 1}, {1.0F});
  const reference::Tensor first = reference::pointwise({1, 1, Activation::none(), false}, {{1}, {}}, src);
  const reference::Tensor second = reference::pointwise({1, 1, Activation::none(), false}, {{100}, {}}, first);
  EXPECT_GT(second.bound[0], 100 * first.bound[0]);
}

}  // namespace
}  // namespace tandem::test
