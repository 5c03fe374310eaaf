// Depthwise convolution on every ISA against the reference.
#include "isas.hpp"
#include "layer_check.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class DepthwiseTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    DepthwiseParams params;
    Shape input;  // its channels come from params
    FilterLayout layout = FilterLayout::kOihw;
    bool bias = true;
  };

  static DepthwiseParams params(std::int32_t channels, const Window& window = {}) {
    DepthwiseParams p;
    p.channels = channels;
    return with_window(p, window);
  }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    const Shape input = {c.input.n, c.input.h, c.input.w, c.params.channels};
    expect_layer({c.params, input, {c.layout}, {c.bias}}, GetParam(), seed);
  }
};

TEST_P(DepthwiseTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const std::int32_t stride : {1, 2}) {
      expect({params(channels, {3, 3, stride, stride}), {2, 7, 7}});
      expect({params(channels, {3, 3, stride, stride}), {1, 14, 13}});
    }
  }
}

TEST_P(DepthwiseTest, WindowsAtTheEdgesOfAnImage) {
  for (const std::int32_t channels : {3, 2 * vector_floats(GetParam()) + 1}) {
    for (const Window& window : edge_windows()) {
      for (const Shape& image : edge_images(channels)) {
        if (has_output(window, image)) expect({params(channels, window), image});
      }
    }
  }
}

TEST_P(DepthwiseTest, RowsOfEveryWidth) {
  for (std::int64_t width = 1; width <= 31; ++width) {
    for (const std::int32_t kernel : {3, 5, 7}) {
      for (const std::int32_t stride : {1, 2}) {
        expect({params(vector_floats(GetParam()) + 1, {kernel, kernel, stride, stride}), {1, 3, width}});
      }
    }
  }
}

TEST_P(DepthwiseTest, EveryFilterLayoutWithAndWithoutBias) {
  for (const FilterLayout layout :
       {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio, FilterLayout::k1hwc}) {
    for (const bool bias : {false, true}) expect({params(21, {3, 5}), {1, 6, 8}, layout, bias});
  }
}

TEST_P(DepthwiseTest, EveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    DepthwiseParams p = params(21);
    p.activation = activation;
    expect({p, {1, 8, 9}});
    expect({p, {1, 4, 60}});  // wide enough for kernels of two rows
  }
}

TEST_P(DepthwiseTest, Residual) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const Window& window : {Window{3, 3}, Window{3, 3, 2, 2}, Window{3, 3, 1, 1, 2, 2}}) {
      DepthwiseParams p = params(channels, window);
      p.residual = true;
      p.activation = Activation::relu();
      expect({p, {2, 7, 9}});
    }
  }
}

TEST_P(DepthwiseTest, ResidualAfterEveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    for (const Window& window : {Window{3, 3}, Window{3, 3, 1, 1, 2, 2}}) {
      DepthwiseParams p = params(21, window);
      p.residual = true;
      p.residual_order = ResidualOrder::kAfterActivation;
      p.activation = activation;
      expect({p, {1, 8, 9}});
    }
  }
}

TEST_P(DepthwiseTest, SeveralFiltersAChannel) {
  for (const std::int32_t multiplier : {2, 3, 4, 8, 17}) {
    for (const std::int32_t channels : {1, 3, 8, 21}) {
      for (const Window& window : {Window{3, 3}, Window{5, 5, 2, 2}, Window{2, 3, 1, 1, 2, 2}}) {
        DepthwiseParams p = params(channels, window);
        p.multiplier = multiplier;
        p.residual = channels == 3;
        expect({p, {2, 7, 9}});
      }
    }
  }
}

TEST_P(DepthwiseTest, LayersLargeEnoughToBeShared) {
  DepthwiseParams multiplied = params(64);
  multiplied.multiplier = 2;
  expect({multiplied, {1, 28, 28}});
  expect({params(96), {1, 40, 40}});
  expect({params(768), {1, 14, 14}});
  expect({params(1024, {3, 3, 2, 2}), {1, 14, 14}});
  expect({params(256), {8, 10, 10}});
  expect({params(512), {2, 10, 10}});
}

TEST_P(DepthwiseTest, RandomCases) {
  for (const std::uint64_t seed : sweep(150).seeds()) {
    Random random(seed);
    Case c;
    const auto [window, image] = random_window_and_image(random, 20);
    c.input = image;
    c.params = params(random.size(1, 70), window);
    c.params.activation = random_activation(random);
    c.params.residual = random.coin();
    c.bias = random.coin();
    c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio, FilterLayout::k1hwc});
    expect(c, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, DepthwiseTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
