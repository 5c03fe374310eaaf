// Separable convolution on every ISA against depthwise, then pointwise, of the reference.
#include "isas.hpp"
#include "layer_check.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class SeparableTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    SeparableParams params;
    Shape input;  // its channels come from params
    FilterLayout depthwise_layout = FilterLayout::kOihw;
    FilterLayout pointwise_layout = FilterLayout::kOihw;
    bool depthwise_bias = true;
    bool pointwise_bias = true;
  };

  /// Relu6 between and after the stages, as MobileNet has it.
  static SeparableParams params(std::int32_t in_channels, std::int32_t out_channels, const Window& window = {}) {
    SeparableParams p;
    p.depthwise.channels = in_channels;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::relu6();
    p.pointwise = {in_channels, out_channels, Activation::relu6()};
    return p;
  }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    const Shape input = {c.input.n, c.input.h, c.input.w, c.params.depthwise.channels};
    expect_layer({c.params, input, {c.depthwise_layout, c.pointwise_layout}, {c.depthwise_bias, c.pointwise_bias}},
                 GetParam(), seed);
  }
};

TEST_P(SeparableTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t in : channel_edges(GetParam())) {
    for (const std::int32_t out : channel_edges(GetParam())) expect({params(in, out), {1, 5, 6}});
  }
}

TEST_P(SeparableTest, WindowsAtTheEdgesOfAnImage) {
  const std::int32_t v = vector_floats(GetParam());
  for (const Window& window : edge_windows()) {
    for (const Shape& image : edge_images(v + 1)) {
      if (has_output(window, image)) expect({params(v + 1, 5, window), image});
    }
  }
}

TEST_P(SeparableTest, EveryFilterLayoutWithAndWithoutBiases) {
  for (const FilterLayout depthwise :
       {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio, FilterLayout::k1hwc}) {
    for (const FilterLayout pointwise : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
      for (const bool depthwise_bias : {false, true}) {
        for (const bool pointwise_bias : {false, true}) {
          expect({params(11, 21, {3, 5}), {1, 6, 8}, depthwise, pointwise, depthwise_bias, pointwise_bias});
        }
      }
    }
  }
}

TEST_P(SeparableTest, EveryActivationOfEitherStage) {
  for (const Activation& between : {Activation::none(), Activation::relu(), Activation::clamp(-0.5F, 0.25F)}) {
    for (const Activation& after : {Activation::none(), Activation::relu6(), Activation::clamp(-0.5F, 0.25F)}) {
      SeparableParams p = params(13, 21);
      p.depthwise.activation = between;
      p.pointwise.activation = after;
      expect({p, {1, 8, 9}});
    }
  }
}

TEST_P(SeparableTest, EveryActivationWithAResidualAfter) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    SeparableParams p = params(21, 21);
    p.depthwise.activation = activation;
    p.pointwise.activation = activation;
    p.pointwise.residual = true;
    p.pointwise.residual_order = ResidualOrder::kAfterActivation;
    expect({p, {1, 8, 9}});
  }
}

TEST_P(SeparableTest, SeveralFiltersAChannel) {
  for (const std::int32_t multiplier : {2, 5}) {
    SeparableParams p = params(13, 21);
    p.depthwise.multiplier = multiplier;
    p.pointwise.in_channels = 13 * multiplier;
    for (const std::int32_t stride : {1, 2}) {
      p.depthwise.stride_h = p.depthwise.stride_w = stride;
      expect({p, {2, 14, 13}});
    }
  }
}

TEST_P(SeparableTest, Residual) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const std::int32_t stride : {1, 2}) {
      SeparableParams p = params(7, channels, {3, 3, stride, stride});
      p.pointwise.residual = true;
      expect({p, {2, 7, 9}});
    }
  }
}

TEST_P(SeparableTest, LayersLargeEnoughToBeShared) {
  expect({params(32, 64), {1, 40, 41}});
  expect({params(64, 128, {3, 3, 2, 2}), {1, 28, 28}});
  expect({params(512, 256), {1, 7, 7}});
  expect({params(48, 48, {5, 5}), {4, 14, 14}});
}

TEST_P(SeparableTest, RandomCases) {
  for (const std::uint64_t seed : sweep(150).seeds()) {
    Random random(seed);
    Case c;
    const auto [window, image] = random_window_and_image(random, 20);
    c.input = image;
    c.params = params(random.size(1, 50), random.size(1, 60), window);
    c.params.depthwise.activation = random_activation(random);
    c.params.pointwise.activation = random_activation(random);
    c.params.pointwise.residual = random.coin();
    c.depthwise_bias = random.coin();
    c.pointwise_bias = random.coin();
    expect(c, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, SeparableTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
