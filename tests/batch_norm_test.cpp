// Folding: the folded convolution yields what convolution and batch normalisation yielded.
#include "tandem/batch_norm.hpp"

#include <cmath>
#include <limits>

#include "creation.hpp"
#include "current_case.hpp"
#include "random.hpp"
#include "refusal.hpp"
#include "weights.hpp"

namespace tandem::test {
namespace {

constexpr std::int32_t kChannels = 5;
const FilterShape kShape = {kChannels, 3, 2, 4};

struct Norm {
  std::vector<float> gamma, beta, mean, variance;
  float epsilon = 1e-3F;

  explicit Norm(Random& random)
      : gamma(random.values(kChannels)), beta(random.values(kChannels)), mean(random.values(kChannels)) {
    for (int i = 0; i < kChannels; ++i) variance.push_back(std::abs(random.value()) + 0.01F);
  }
  [[nodiscard]] BatchNorm spans() const { return {gamma, beta, mean, variance, epsilon}; }
};

float rounded(double x) { return static_cast<float>(x); }
double wide(const std::vector<float>& v, std::size_t i) { return static_cast<double>(v[i]); }

TEST(BatchNormTest, TheEquationInEveryLayout) {
  Random random(1);
  const Norm norm(random);
  const reference::Weights weights = random_weights(kShape, true, random);
  const FilterShape depthwise_shape = {kChannels, 1, 3, 3};
  const reference::Weights depthwise_weights = random_weights(depthwise_shape, true, random);
  for (const FilterLayout layout :
       {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio, FilterLayout::k1hwc}) {
    const CurrentCase described(to_string(layout));
    const bool depthwise = layout == FilterLayout::k1hwc;
    const FilterShape& shape = depthwise ? depthwise_shape : kShape;
    const reference::Weights& w = depthwise ? depthwise_weights : weights;
    // The same equation, on OIHW, where the output channel is plainly outermost.
    std::vector<float> expected = w.filter;
    const std::size_t each = w.filter.size() / kChannels;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::size_t m = i / each;
      const double scale = wide(norm.gamma, m) / std::sqrt(wide(norm.variance, m) + static_cast<double>(norm.epsilon));
      expected[i] = rounded(wide(w.filter, i) * scale);
    }
    expected = to_layout(expected, shape, layout);

    const std::vector<float> given = to_layout(w.filter, shape, layout);
    std::vector<float> filter(given.size());
    std::vector<float> bias(kChannels);
    const Status status = fold_batch_norm(norm.spans(), kChannels, {given, layout, w.bias}, filter.data(), bias.data());
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(filter, expected);
    for (std::size_t m = 0; m < kChannels; ++m) {
      const double scale = wide(norm.gamma, m) / std::sqrt(wide(norm.variance, m) + static_cast<double>(norm.epsilon));
      EXPECT_EQ(bias[m], rounded((wide(w.bias, m) - wide(norm.mean, m)) * scale + wide(norm.beta, m)));
    }
  }
}

// Convolution, then the batch norm's own equation, against the folded convolution, all in double.
TEST(BatchNormTest, TheFoldedConvolutionIsBothInOne) {
  Random random(2);
  const Norm norm(random);
  const reference::Weights weights = random_weights(kShape, true, random);
  reference::Weights folded = {std::vector<float>(weights.filter.size()), std::vector<float>(kChannels)};
  ASSERT_TRUE(fold_batch_norm(norm.spans(), kChannels, oihw(weights), folded.filter.data(), folded.bias.data()).ok());
  Conv2dParams p;
  p.in_channels = 3;
  p.out_channels = kChannels;
  p.kernel_h = 2;
  p.kernel_w = 4;
  const Shape shape = {1, 5, 6, 3};
  const reference::Tensor src = reference::exact(shape, random.values(shape.elements()));
  const reference::Tensor apart = reference::conv2d(p, weights, src);
  const reference::Tensor together = reference::conv2d(p, folded, src);
  for (std::size_t i = 0; i < apart.value.size(); ++i) {
    const std::size_t m = i % kChannels;
    const double normed = wide(norm.gamma, m) * (apart.value[i] - wide(norm.mean, m)) /
                              std::sqrt(wide(norm.variance, m) + static_cast<double>(norm.epsilon)) +
                          wide(norm.beta, m);
    // Each folded weight was rounded once: the bound of a sum of as many terms covers it.
    EXPECT_NEAR(together.value[i], normed, together.bound[i]);
  }
}

TEST(BatchNormTest, DefaultsAreOnesAndZeros) {
  const std::vector<float> filter = {2.0F, 4.0F};
  const std::vector<float> mean = {1.0F, -1.0F};
  const std::vector<float> variance = {0.0F, 3.0F};
  BatchNorm norm;
  norm.mean = mean;
  norm.variance = variance;
  norm.epsilon = 1.0F;
  std::vector<float> folded_filter(2);
  std::vector<float> folded_bias(2);
  ASSERT_TRUE(fold_batch_norm(norm, 2, {filter}, folded_filter.data(), folded_bias.data()).ok());
  EXPECT_EQ(folded_filter, (std::vector<float>{2.0F, 2.0F}));
  EXPECT_EQ(folded_bias, (std::vector<float>{-1.0F, 0.5F}));
}

TEST(BatchNormTest, InPlace) {
  Random random(3);
  const Norm norm(random);
  const reference::Weights weights = random_weights(kShape, true, random);
  reference::Weights apart = weights;
  ASSERT_TRUE(fold_batch_norm(norm.spans(), kChannels, oihw(weights), apart.filter.data(), apart.bias.data()).ok());
  reference::Weights in_place = weights;
  ASSERT_TRUE(
      fold_batch_norm(norm.spans(), kChannels, oihw(in_place), in_place.filter.data(), in_place.bias.data()).ok());
  EXPECT_EQ(in_place.filter, apart.filter);
  EXPECT_EQ(in_place.bias, apart.bias);
}

class BatchNormRefusalTest : public testing::Test {
 protected:
  void expect(const char* what, const std::vector<std::string>& says, StatusCode code = StatusCode::kInvalidArgument) {
    const Status status = fold_batch_norm(norm, channels, weights, folded_filter, folded_bias);
    expect_refused(what, status, code, says);
    EXPECT_EQ(filter_out, std::vector<float>(filter_out.size(), 7.0F)) << what << ": the filter was written";
    EXPECT_EQ(bias_out, std::vector<float>(bias_out.size(), 7.0F)) << what << ": the bias was written";
  }

  Random random_{4};
  Norm values_{random_};
  reference::Weights weights_ = random_weights(kShape, true, random_);

  BatchNorm norm = values_.spans();
  std::int32_t channels = kChannels;
  Weights weights = oihw(weights_);
  std::vector<float> filter_out = std::vector<float>(weights_.filter.size(), 7.0F);
  std::vector<float> bias_out = std::vector<float>(kChannels, 7.0F);
  float* folded_filter = filter_out.data();
  float* folded_bias = bias_out.data();
};

TEST_F(BatchNormRefusalTest, Channels) {
  channels = 0;
  expect("none", {"0"});
  channels = -5;
  expect("negative", {"-5"});
  channels = 7;
  expect("other", {"7", "5"});
}

TEST_F(BatchNormRefusalTest, Vectors) {
  norm.mean.size = 4;
  expect("short mean", {"mean", "4", "5"});
  norm.mean = {};
  expect("no mean", {"mean"});
  norm = values_.spans();
  norm.variance.size = 6;
  expect("long variance", {"variance", "6"});
  norm = values_.spans();
  norm.gamma.size = 1;
  expect("short gamma", {"gamma", "1"});
  norm = values_.spans();
  norm.beta.data = nullptr;
  expect("null beta with a size", {"beta"});
  norm = values_.spans();
  weights.bias.size = 3;
  expect("short bias", {"bias", "3", "5"});
}

TEST_F(BatchNormRefusalTest, Filter) {
  weights.filter.size -= 1;
  expect("no multiple", {"119", "5"});
  weights.filter.size = 0;
  expect("empty", {"0"});
  weights.filter.data = nullptr;
  expect("null", {"filter"});
}

TEST_F(BatchNormRefusalTest, Results) {
  folded_filter = nullptr;
  expect("null filter", {"folded_filter"});
  folded_filter = filter_out.data();
  folded_bias = nullptr;
  expect("null bias", {"folded_bias"});
}

TEST_F(BatchNormRefusalTest, Variance) {
  values_.variance[3] = -0.5F;
  expect("negative", {"3", "-0.5"});
  values_.variance[3] = std::numeric_limits<float>::quiet_NaN();
  expect("NaN", {"3", "nan"});
  values_.variance[3] = 0.0F;
  norm.epsilon = 0.0F;
  expect("zero", {"3", "0"});
  norm.epsilon = std::numeric_limits<float>::quiet_NaN();
  expect("NaN epsilon", {"nan"});
}

// Folded weights may be rounded afterwards; what was rounded before lacks the bits to fold.
TEST_F(BatchNormRefusalTest, Types) {
  weights.filter.type = DataType::kBf16;
  expect("a filter of another type", {"filter", "bf16", "f32"}, StatusCode::kUnsupported);
  weights.filter.type = DataType::kF32;
  weights.bias.type = DataType::kS32;
  expect("a bias of another type", {"bias", "s32", "f32"}, StatusCode::kUnsupported);
}

TEST_F(BatchNormRefusalTest, Layout) {
  weights.layout = static_cast<FilterLayout>(99);
  expect("none such", {"99"});
  weights.layout = FilterLayout::kIohw;
  expect("one whose outputs lie somewhere inside", {"IOHW", "4"}, StatusCode::kUnsupported);
}

}  // namespace
}  // namespace tandem::test
