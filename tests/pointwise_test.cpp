// Pointwise convolution on every ISA against the reference.
#include "creation.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "machines.hpp"
#include "operator_check.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class PointwiseTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    PointwiseParams params;
    Shape input;  // its channels come from params
    FilterLayout layout = FilterLayout::kOihw;
    bool bias = true;
  };

  static PointwiseParams params(std::int32_t in, std::int32_t out, const Activation& activation = {},
                                bool residual = false) {
    return {in, out, activation, residual};
  }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    const Shape input = {c.input.n, c.input.h, c.input.w, c.params.in_channels};
    expect_layer({c.params, input, {c.layout}, {c.bias}}, GetParam(), seed);
  }
};

TEST_P(PointwiseTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t in : channel_edges(GetParam())) {
    for (const std::int32_t out : channel_edges(GetParam())) expect({params(in, out), {1, 3, 5}});
  }
}

TEST_P(PointwiseTest, EveryNumberOfPixelsOfAFewTiles) {
  for (std::int64_t pixels = 1; pixels <= 45; ++pixels) {
    expect({params(9, 2 * vector_floats(GetParam()) + 3), {1, 1, pixels}});
  }
}

TEST_P(PointwiseTest, Images) {
  for (const Shape& image : edge_images(0)) {
    for (const std::int32_t out : {1, 16, 24, 37}) expect({params(17, out), image});
  }
}

TEST_P(PointwiseTest, EveryFilterLayoutWithAndWithoutBias) {
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    for (const bool bias : {false, true}) expect({params(13, 21), {1, 4, 4}, layout, bias});
  }
}

TEST_P(PointwiseTest, EveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    expect({params(19, 21, activation), {1, 5, 5}});
  }
}

TEST_P(PointwiseTest, Residual) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    expect({params(6, channels, Activation::none(), true), {2, 5, 3}});
    expect({params(channels, channels, Activation::relu6(), true), {1, 7, 7}});
  }
}

TEST_P(PointwiseTest, ResidualAfterEveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    PointwiseParams p = params(19, 21, activation, true);
    p.residual_order = ResidualOrder::kAfterActivation;
    expect({p, {1, 5, 5}});
  }
}

TEST_P(PointwiseTest, Strided) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const std::int32_t stride : {2, 3}) {
      PointwiseParams p = params(6, channels, Activation::relu(), channels % 2 == 0);
      p.stride_h = stride;
      p.stride_w = stride == 3 ? 1 : stride;
      expect({p, {2, 5, 8}});
    }
  }
}

TEST_P(PointwiseTest, LayersLargeEnoughToBeShared) {
  expect({params(32, 64), {1, 28, 28}});
  expect({params(256, 512), {1, 7, 7}});
  expect({params(16, 96), {1, 30, 31}});
  expect({params(96, 24), {8, 7, 9}});
  expect({params(512, 1000), {1, 1, 1}});
}

// Pixels 4 KB apart are copied: in a small L1 on every ISA, whatever the height of its tiles.
TEST_P(PointwiseTest, RowsThatCollideInL1) {
  for (const std::int32_t channels : {1024, 1000}) {
    const PointwiseParams p = params(channels, 70, Activation::relu(), true);
    const Shape input = {2, 5, 7, channels};
    Random random(1);
    const reference::Weights weights = random_weights(filter_shape(p), true, random);
    const Expectation e = expectation(input, like_the_output, random, [&](const auto& src, const auto* residual) {
      return reference::pointwise(p, weights, src, residual);
    });
    const Result<Operator> op = create(p, weights, GetParam());
    ASSERT_TRUE(op.ok()) << op.status().message();
    for (const std::int32_t threads : {1, 3}) {
      PlanOptions options;
      options.threads = threads;
      options.machine = usual();
      options.machine.l1_bytes = 4096;
      options.machine.fork_seconds = 1e-12;
      options.strides.src = 1024;
      const Result<Plan> plan = op->plan(input, options);
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      EXPECT_GT(plan->workspace_bytes(), 0U);
      const std::vector<float> dst =
          run_guarded(*plan, e.src, e.residual, Placement::kEndsAtGuard, false, options.strides);
      if (!dst.empty()) expect_near(dst.data(), e.output);
    }
  }
}

TEST_P(PointwiseTest, RandomCases) {
  for (const std::uint64_t seed : sweep(200).seeds()) {
    Random random(seed);
    Case c;
    c.params = params(random.size(1, 100), random.size(1, 130), random_activation(random), random.coin());
    c.input = {random.integer(1, 3), random.integer(1, 9), random.integer(1, 9)};
    c.bias = random.coin();
    c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
    expect(c, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, PointwiseTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
