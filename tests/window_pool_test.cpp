// Pools over windows on every ISA against the reference, and the engines' ways to state them.
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "operator_check.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class WindowPoolTest : public testing::TestWithParam<std::string> {
 protected:
  /// Both kinds, with and without ceil_mode and count_include_pad.
  void expect(const Window& window, const Shape& image, std::int32_t channels, const Activation& activation = {},
              std::uint64_t seed = 1) const {
    for (const bool ceil : {false, true}) {
      expect_pool<MaxPoolParams>(window, image, channels, activation, ceil, seed, [](MaxPoolParams&) {});
      for (const bool include : {false, true}) {
        expect_pool<AveragePoolParams>(window, image, channels, activation, ceil, seed,
                                       [&](AveragePoolParams& p) { p.count_include_pad = include; });
      }
    }
  }

  template <class Params>
  static Params params(const Window& window, std::int32_t channels) {
    Params p;
    p.channels = channels;
    return with_window(p, window);
  }

  /// The output of a dense image; no output if it is refused.
  template <class Params>
  std::vector<float> run(const Params& p, const Shape& image, const std::vector<float>& src) const {
    const Result<Operator> op = create(p, GetParam());
    if (!op.ok()) return {};
    const Result<Plan> plan = op->plan(image);
    if (!plan.ok()) return {};
    return run_guarded(*plan, src, {}, Placement::kEndsAtGuard, false, {}, DataType::kF32);
  }

 private:
  template <class Params, class Set>
  void expect_pool(const Window& window, const Shape& image, std::int32_t channels, const Activation& activation,
                   bool ceil, std::uint64_t seed, const Set& set) const {
    auto p = params<Params>(window, channels);
    p.activation = activation;
    p.ceil_mode = ceil;
    set(p);
    if (!has_output(window, image)) return;
    expect_layer({p, {image.n, image.h, image.w, channels}}, GetParam(), seed);
  }
};

TEST_P(WindowPoolTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    expect({3, 3, 2, 2, 1, 1, Padding::uniform(1)}, {2, 6, 7}, channels);
  }
}

TEST_P(WindowPoolTest, WindowsAtTheEdgesOfAnImage) {
  for (const Window& window : edge_windows()) {
    for (const Shape& image : edge_images(1)) expect(window, image, 3);
  }
}

TEST_P(WindowPoolTest, EveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) expect({2, 3, 2, 1}, {2, 5, 6}, 21, activation);
}

TEST_P(WindowPoolTest, LayersLargeEnoughToBeShared) {
  expect({2, 2, 2, 2, 1, 1, Padding::valid()}, {1, 57, 60}, 64);
  expect({5, 5, 1, 1, 1, 1, Padding::same()}, {3, 20, 20}, 65);
  expect({1, 9, 1, 1, 1, 1, Padding::same()}, {1, 1, 3000}, 7);  // a single row
}

TEST_P(WindowPoolTest, RandomCases) {
  for (const std::uint64_t seed : sweep(60).seeds()) {
    Random random(seed);
    const auto [window, image] = random_window_and_image(random, 14);
    expect(window, image, random.size(1, 80), random_activation(random), seed);
  }
}

// PyTorch's documentation of ceil_mode, and a window that would begin in the padding after the input.
TEST_P(WindowPoolTest, CeilModeHasOneWindowMore) {
  const auto height = [&](std::int64_t in, std::int32_t kernel, std::int32_t stride, std::int32_t padding, bool ceil) {
    auto p = params<MaxPoolParams>({kernel, 1, stride, 1, 1, 1, Padding::explicit_sides(padding, padding, 0, 0)}, 1);
    p.ceil_mode = ceil;
    return create(p, GetParam())->output_shape({1, in, 1, 1})->h;
  };
  EXPECT_EQ(height(6, 3, 2, 0, false), 2);
  EXPECT_EQ(height(6, 3, 2, 0, true), 3);
  EXPECT_EQ(height(7, 3, 2, 0, true), 3);
  EXPECT_EQ(height(1, 2, 2, 0, true), 1);  // less than a whole window
  EXPECT_EQ(height(5, 2, 3, 1, true), 2);  // a third one would begin at 6 of 5 + 1
  EXPECT_EQ(height(5, 1, 3, 0, false), 2);
}

TEST_P(WindowPoolTest, CountsWhatOnnxCounts) {
  // Kernel 3, stride 2, padding 1 and ones: 5 inputs give windows over 2, 3 and 2 pixels.
  auto p = params<AveragePoolParams>({1, 3, 1, 2, 1, 1, Padding::explicit_sides(0, 0, 1, 1)}, 1);
  using Values = std::vector<float>;
  EXPECT_EQ(run(p, {1, 1, 5, 1}, Values(5, 3.0F)), (Values{3.0F, 3.0F, 3.0F}));
  p.count_include_pad = true;
  EXPECT_EQ(run(p, {1, 1, 5, 1}, Values(5, 3.0F)), (Values{2.0F, 3.0F, 2.0F}));
  // 6 inputs and ceil_mode: the last window is over pixel 5, the padding, and one column that does not count.
  p.ceil_mode = true;
  EXPECT_EQ(run(p, {1, 1, 6, 1}, Values(6, 3.0F)), (Values{2.0F, 3.0F, 3.0F, 1.5F}));
  // TFLite and ONNX with SAME: all of its padding counts.
  p.padding = Padding::same();
  EXPECT_EQ(run(p, {1, 1, 6, 1}, Values(6, 3.0F)), (Values{3.0F, 3.0F, 2.0F}));
  p.count_include_pad = false;
  EXPECT_EQ(run(p, {1, 1, 6, 1}, Values(6, 3.0F)), (Values{3.0F, 3.0F, 3.0F}));
}

TEST_P(WindowPoolTest, MeansOfEqualIntegersAreExact) {
  for (std::int32_t kernel = 1; kernel <= 70; ++kernel) {
    const auto p = params<AveragePoolParams>({1, kernel, 1, 1, 1, 1, Padding::valid()}, 1);
    EXPECT_EQ(run(p, {1, 1, kernel, 1}, std::vector<float>(static_cast<std::size_t>(kernel), 3.0F)),
              std::vector<float>{3.0F});
  }
}

// Padding has no value: neither does it win over negative numbers, nor does a window of padding alone see anything.
TEST_P(WindowPoolTest, PaddingNeverWins) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  auto p = params<MaxPoolParams>({1, 2, 1, 2, 1, 1, Padding::explicit_sides(0, 0, 3, 2)}, 1);
  EXPECT_EQ(run(p, {1, 1, 3, 1}, {-5.0F, -3.0F, -kInf}), (std::vector<float>{-kInf, -5.0F, -3.0F, -kInf}));
  p.activation = Activation::relu();
  EXPECT_EQ(run(p, {1, 1, 3, 1}, {-5.0F, 3.0F, -kInf}), (std::vector<float>{0.0F, 0.0F, 3.0F, 0.0F}));
  auto mean = params<AveragePoolParams>({1, 2, 1, 2, 1, 1, Padding::explicit_sides(0, 0, 3, 2)}, 1);
  EXPECT_EQ(run(mean, {1, 1, 3, 1}, {-5.0F, 3.0F, 5.0F}), (std::vector<float>{0.0F, -5.0F, 4.0F, 0.0F}));
}

TEST_P(WindowPoolTest, NansInfinitiesAndZeros) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const float nan = std::nanf("");
  const auto p = params<MaxPoolParams>({1, 3, 1, 3, 1, 1, Padding::valid()}, 1);
  const std::vector<float> got =
      run(p, {1, 1, 18, 1},
          {nan, 1, kInf, 1, nan, -kInf, 1, kInf, nan, -kInf, -kInf, -kInf, -0.0F, 0.0F, -0.0F, -0.0F, -0.0F, -0.0F});
  ASSERT_EQ(got.size(), 6U);
  for (const std::size_t i : {0U, 1U, 2U}) EXPECT_TRUE(std::isnan(got[i])) << i;
  EXPECT_EQ(got[3], -kInf);
  for (const std::size_t i : {4U, 5U}) EXPECT_TRUE(got[i] == 0.0F && !std::signbit(got[i])) << i;
}

TEST_P(WindowPoolTest, RefusesInputsWithoutAnOutput) {
  const Operator op = create(params<MaxPoolParams>({5, 2, 1, 1, 1, 1, Padding::valid()}, 3), GetParam()).value();
  expect_refused("rows", op.plan({1, 4, 4, 3}).status(), StatusCode::kInvalidArgument, {"no rows", "4", "5"});
  expect_refused("channels", op.plan({1, 5, 4, 4}).status(), StatusCode::kInvalidArgument, {"input c", "4", "3"});
}

TEST_P(WindowPoolTest, TellsItsKind) {
  const Operator max = create(params<MaxPoolParams>({2, 2}, 24), GetParam()).value();
  const Operator average = create(params<AveragePoolParams>({2, 2}, 24), GetParam()).value();
  EXPECT_STREQ(max.name(), "max_pool");
  EXPECT_STREQ(average.name(), "average_pool");
  const Plan plan = average.plan({2, 5, 6, 24}).value();
  EXPECT_EQ(plan.op_count(), 2 * 5 * 6 * 24);
  EXPECT_EQ(plan.report().kind, PlanKind::kPooling);
  EXPECT_STREQ(plan.report().epilogue, "registers");
  EXPECT_EQ(std::string(plan.explain()).rfind("pooling, ", 0), 0U) << plan.explain();
}

INSTANTIATE_TEST_SUITE_P(Isas, WindowPoolTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
