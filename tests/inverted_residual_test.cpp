// Inverted residual blocks on every ISA against expand, depthwise, project of the reference.
#include "isas.hpp"
#include "layer_check.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class InvertedResidualTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    InvertedResidualParams params;
    Shape input;  // its channels come from params
    FilterLayout layout = FilterLayout::kOihw;
    bool biases = true;
  };

  /// Relu6 after expansion and depthwise, a linear projection, as MobileNet V2 has it.
  static InvertedResidualParams params(std::int32_t in, std::int32_t expanded, std::int32_t out,
                                       const Window& window = {}) {
    InvertedResidualParams p;
    p.expand = {in, expanded, Activation::relu6()};
    p.depthwise.channels = expanded;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::relu6();
    p.project.in_channels = expanded;
    p.project.out_channels = out;
    return p;
  }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    const Shape input = {c.input.n, c.input.h, c.input.w, c.params.expand.in_channels};
    expect_layer({c.params, input, {c.layout, c.layout, c.layout}, {c.biases, c.biases, c.biases}}, GetParam(), seed);
  }
};

TEST_P(InvertedResidualTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t expanded : channel_edges(GetParam())) {
    for (const std::int32_t channels : {1, 3, vector_floats(GetParam()) + 1}) {
      InvertedResidualParams p = params(channels, expanded, channels);
      expect({p, {1, 5, 6}});
      p.residual = true;
      expect({p, {1, 5, 6}});
    }
  }
}

TEST_P(InvertedResidualTest, WindowsAtTheEdgesOfAnImage) {
  const std::int32_t v = vector_floats(GetParam());
  for (const Window& window : edge_windows()) {
    for (const Shape& image : edge_images(3)) {
      if (has_output(window, image)) expect({params(3, v + 1, 5, window), image});
    }
  }
}

TEST_P(InvertedResidualTest, OwnInputIsAdded) {
  for (const std::int32_t kernel : {3, 5}) {
    for (const Shape& image : edge_images(0)) {
      InvertedResidualParams p = params(9, 54, 9, {kernel, kernel});
      p.residual = true;
      p.project.activation = Activation::clamp(-1.0F, 1.0F);
      expect({p, image});
    }
  }
}

TEST_P(InvertedResidualTest, EveryFilterLayoutWithAndWithoutBiases) {
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    for (const bool biases : {false, true}) expect({params(5, 21, 9, {3, 5}), {1, 6, 8}, layout, biases});
  }
}

TEST_P(InvertedResidualTest, EveryActivationWithItsInputAfter) {
  const std::vector<float> expanded = slopes(21);
  const std::vector<float> projected = slopes(5);
  for (std::size_t i = 0; i < every_activation(expanded).size(); ++i) {
    InvertedResidualParams p = params(5, 21, 5);
    p.expand.activation = p.depthwise.activation = every_activation(expanded)[i];
    p.project.activation = every_activation(projected)[i];
    p.project.residual_order = ResidualOrder::kAfterActivation;
    p.residual = true;
    expect({p, {1, 8, 9}});
  }
}

TEST_P(InvertedResidualTest, SeveralFiltersAChannel) {
  for (const std::int32_t stride : {1, 2}) {
    InvertedResidualParams p = params(5, 21, 5, {3, 3, stride, stride});
    p.depthwise.multiplier = 2;
    p.project.in_channels = 42;
    p.residual = stride == 1;
    expect({p, {2, 7, 9}});
  }
}

TEST_P(InvertedResidualTest, LayersLargeEnoughToBeShared) {
  expect({params(16, 96, 24, {3, 3, 2, 2}), {1, 28, 28}});
  InvertedResidualParams p = params(24, 144, 24);
  p.residual = true;
  expect({p, {1, 20, 20}});
  expect({params(64, 384, 96), {1, 7, 7}});
  expect({params(8, 48, 8, {5, 5}), {4, 14, 14}});
}

TEST_P(InvertedResidualTest, RandomCases) {
  for (const std::uint64_t seed : sweep(150).seeds()) {
    Random random(seed);
    Case c;
    const auto [window, image] = random_window_and_image(random, 16);
    c.input = image;
    c.params = params(random.size(1, 24), random.size(1, 70), random.size(1, 40), window);
    c.params.expand.activation = random_activation(random);
    c.params.depthwise.activation = random_activation(random);
    c.params.project.activation = random_activation(random);
    if (random.coin()) {
      c.params.depthwise.stride_h = c.params.depthwise.stride_w = 1;
      c.params.depthwise.padding = Padding::same();
      c.params.project.out_channels = c.params.expand.in_channels;
      c.params.residual = true;
    }
    c.biases = random.coin();
    expect(c, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, InvertedResidualTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
