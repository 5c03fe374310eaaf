// Regular convolution on every ISA against the reference.
#include <string>
#include <utility>
#include <vector>

#include "creation.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "kernel_tables.hpp"
#include "layer_check.hpp"
#include "machines.hpp"
#include "operator_check.hpp"
#include "random.hpp"
#include "subjects.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class Conv2dTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    Conv2dParams params;
    Shape input;  // its channels come from params
    FilterLayout layout = FilterLayout::kOihw;
    bool bias = true;
  };

  static Conv2dParams params(std::int32_t in_channels, std::int32_t out_channels, const Window& window = {}) {
    Conv2dParams p;
    p.in_channels = in_channels;
    p.out_channels = out_channels;
    return with_window(p, window);
  }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    const Shape input = {c.input.n, c.input.h, c.input.w, c.params.in_channels};
    expect_layer({c.params, input, {c.layout}, {c.bias}}, GetParam(), seed);
  }
};

TEST_P(Conv2dTest, OutputChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const std::int32_t stride : {1, 2}) expect({params(3, channels, {3, 3, stride, stride}), {2, 7, 8}});
  }
}

TEST_P(Conv2dTest, InputChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const std::int32_t stride : {1, 2}) expect({params(channels, 5, {3, 3, stride, stride}), {2, 7, 8}});
  }
}

TEST_P(Conv2dTest, WindowsAtTheEdgesOfAnImage) {
  for (const Window& window : edge_windows()) {
    for (const Shape& image : edge_images(3)) {
      if (has_output(window, image)) expect({params(3, vector_floats(GetParam()) + 1, window), image});
    }
  }
}

TEST_P(Conv2dTest, EveryFilterLayoutWithAndWithoutBias) {
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    for (const bool bias : {false, true}) expect({params(5, 21, {3, 5}), {1, 6, 8}, layout, bias});
  }
}

TEST_P(Conv2dTest, EveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    Conv2dParams p = params(4, 21);
    p.activation = activation;
    expect({p, {1, 8, 9}});
  }
}

TEST_P(Conv2dTest, Residual) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const Window& window : {Window{3, 3}, Window{3, 3, 2, 2}, Window{1, 1}}) {
      Conv2dParams p = params(3, channels, window);
      p.residual = true;
      p.activation = Activation::relu();
      expect({p, {2, 7, 9}});
    }
  }
}

TEST_P(Conv2dTest, ResidualAfterEveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    Conv2dParams p = params(4, 21);
    p.residual = true;
    p.residual_order = ResidualOrder::kAfterActivation;
    p.activation = activation;
    expect({p, {1, 8, 9}});
  }
}

TEST_P(Conv2dTest, GroupsOfAnyWidth) {
  const std::vector<float> slope = slopes(120);
  for (const std::int32_t groups : {2, 3, 5}) {
    for (const std::int32_t in : {1, 2, 8}) {
      for (const std::int32_t out : {1, 2, 3, 7, 24}) {
        for (const Window& window : {Window{3, 3}, Window{5, 3, 2, 2}, Window{1, 1}, Window{3, 3, 1, 1, 2, 2}}) {
          Conv2dParams p = params(groups * in, groups * out, window);
          p.groups = groups;
          p.activation = Activation::prelu({slope.data(), static_cast<std::size_t>(groups * out)});
          expect({p, {2, 7, 9}});
        }
      }
    }
  }
}

// Several groups share a vector, with all widths that leave lanes idle, and a last vector of fewer groups.
TEST_P(Conv2dTest, GroupsThatShareAVector) {
  for (const std::int32_t in : {2, 3, 4, 5, 6, 8}) {
    for (const std::int32_t out : {1, 2, 3, 4, 6, 8}) {
      for (const std::int32_t groups : {2, 3, 9}) {
        for (const Window& window : {Window{1, 1}, Window{3, 1}, Window{3, 3}, Window{2, 3, 2, 3, 1, 2}}) {
          Conv2dParams p = params(groups * in, groups * out, window);
          p.groups = groups;
          p.residual = in == out;
          p.activation = Activation::relu();
          expect({p, {2, 6, 7}});
        }
        Conv2dParams on_row = params(groups * in, groups * out, {1, 3});
        on_row.groups = groups;
        expect({on_row, {1, 1, 9}});
      }
    }
  }
}

// Groups of less than 8 outputs are summed input by input, whether they share a vector or are spread out. The bits are
// those of that order on every ISA.
TEST_P(Conv2dTest, GroupsOfFewOutputsAreSummedInputByInput) {
  const bool fused = kernel_table(GetParam() + "_f32").fused_multiply_add;
  for (const auto& [in, out] : {std::pair{2, 2}, {4, 4}, {3, 5}, {8, 2}, {16, 4}}) {
    for (const Window& window : {Window{3, 3}, Window{2, 5, 2, 2, 1, 2}, Window{1, 4}}) {
      for (const std::int64_t height : {1, 5}) {
        constexpr std::int32_t kGroups = 9;
        const CurrentCase described(std::to_string(in) + " to " + std::to_string(out) + ", kernel " +
                                    std::to_string(window.kernel_h) + "x" + std::to_string(window.kernel_w) + ", " +
                                    std::to_string(height) + " rows");
        Conv2dParams p = params(kGroups * in, kGroups * out, window);
        p.groups = kGroups;
        p.padding = Padding::explicit_sides(window.kernel_h - 1, 1, 2, 1);
        const Shape input{1, height, 6, p.in_channels};
        Random random(3);
        const reference::Weights weights = random_weights(filter_shapes(AnyParams(p)).front(), true, random);
        const std::vector<float> src = random.values(input.elements());
        const Plan plan = *create(p, weights, GetParam())->plan(input, {1});
        Workspace workspace(plan);
        const Shape output = plan.output_shape();
        std::vector<float> dst(static_cast<std::size_t>(output.elements()));
        ASSERT_TRUE(plan.run(src.data(), dst.data(), workspace.data()).ok());
        std::vector<float> expected;
        for (std::int64_t oy = 0; oy < output.h; ++oy) {
          for (std::int64_t ox = 0; ox < output.w; ++ox) {
            for (std::int64_t m = 0; m < output.c; ++m) {
              float sum = weights.bias[static_cast<std::size_t>(m)];
              for (std::int64_t tap = 0; tap < std::int64_t{p.kernel_h} * in * p.kernel_w; ++tap) {
                const std::int64_t ky = tap / (std::int64_t{in} * p.kernel_w);
                const std::int64_t i = tap / p.kernel_w % in;
                const std::int64_t kx = tap % p.kernel_w;
                const std::int64_t y = oy * p.stride_h - p.padding.top + ky * p.dilation_h;
                const std::int64_t x = ox * p.stride_w - p.padding.left + kx * p.dilation_w;
                if (y < 0 || y >= input.h || x < 0 || x >= input.w) continue;
                const std::int64_t from = (y * input.w + x) * input.c + m / out * in + i;
                const std::int64_t weight = ((m * in + i) * p.kernel_h + ky) * p.kernel_w + kx;
                sum = multiply_add(fused, src[static_cast<std::size_t>(from)],
                                   weights.filter[static_cast<std::size_t>(weight)], sum);
              }
              expected.push_back(sum);
            }
          }
        }
        EXPECT_EQ(first_difference(dst, expected), -1);
      }
    }
  }
}

// A sum of more than one block: the end of a block lies within the inputs of a group.
TEST_P(Conv2dTest, LongSumsOfGroupsThatShareAVector) {
  Conv2dParams p = params(9, 24, {38, 37, 3, 2});
  p.groups = 3;
  expect({p, {1, 40, 43}});
}

TEST_P(Conv2dTest, GroupsInEveryFilterLayout) {
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    for (const std::int32_t out : {2, 20}) {
      Conv2dParams p = params(6, 3 * out, {3, 5});
      p.groups = 3;
      p.residual = true;
      expect({p, {1, 6, 8}, layout});
    }
  }
}

// Such a layer is a fully connected one; a single image is the product of a row.
TEST_P(Conv2dTest, KernelsThatCoverTheImage) {
  for (const Window& window : {Window{2, 2, 2, 2}, Window{3, 3, 3, 3}, Window{1, 5}, Window{4, 1}, Window{3, 2}}) {
    for (const std::int32_t in : {1, 7, 16}) {
      for (const std::int64_t images : {1, 3, 16}) {
        Conv2dParams p = params(in, 70, window);
        p.padding = Padding::valid();
        p.residual = images == 3;
        p.activation = Activation::relu();
        expect({p, {images, window.kernel_h, window.kernel_w}});
        p.padding = Padding::explicit_sides(0, 0, 0, 1);
        p.stride_w = window.kernel_w + 1;
        expect({p, {images, window.kernel_h, window.kernel_w}});
        ++p.kernel_h;  // over the image and a row of padding
        p.padding = Padding::explicit_sides(1, 0, 0, 0);
        expect({p, {images, window.kernel_h, window.kernel_w}});
      }
    }
  }
}

TEST(Conv2dPlanTest, AKernelThatCoversTheImageIsAMatrixProduct) {
  const auto kind = [](std::int32_t kernel, std::int32_t dilation, const Padding& padding) {
    Conv2dParams p;
    p.in_channels = 2;
    p.out_channels = 3;
    p.kernel_h = p.kernel_w = kernel;
    p.dilation_h = p.dilation_w = dilation;
    p.padding = padding;
    const std::vector<float> filter(static_cast<std::size_t>(6 * kernel * kernel));
    return create(p, {filter, {}}, "scalar").value().plan({1, 3, 3, 2}).value().report().kind;
  };
  EXPECT_EQ(kind(3, 1, Padding::valid()), PlanKind::kMatrixProduct);
  EXPECT_EQ(kind(3, 1, Padding::same()), PlanKind::kRegular);
  EXPECT_EQ(kind(2, 1, Padding::valid()), PlanKind::kRegular);
  EXPECT_EQ(kind(2, 2, Padding::valid()), PlanKind::kRegular);
}

// Of panels too large for the cache one kernel row is added after the other, and partial sums lie in dst meanwhile.
TEST_P(Conv2dTest, KernelRowByKernelRowOntoTheResidual) {
  Conv2dParams p = params(20, 9);
  p.residual = true;
  const Shape input = {1, 6, 7, 20};
  Random random(1);
  const reference::Weights weights = random_weights(filter_shape(p), true, random);
  const Expectation e = expectation(input, like_the_output, random, [&](const auto& src, const auto* residual) {
    return reference::conv2d(p, weights, src, residual);
  });
  const Result<Operator> op = create(p, weights, GetParam());
  ASSERT_TRUE(op.ok()) << op.status().message();
  PlanOptions options;
  options.machine = usual();
  options.machine.l2_bytes = 64;
  const Result<Plan> plan = op->plan(input, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  for (const bool onto_residual : {false, true}) {
    const std::vector<float> dst = run_guarded(*plan, e.src, e.residual, Placement::kEndsAtGuard, onto_residual);
    if (!dst.empty()) expect_near(dst.data(), e.output);
  }
}

TEST_P(Conv2dTest, LayersLargeEnoughToBeShared) {
  Conv2dParams grouped = params(64, 64);
  grouped.groups = 4;
  expect({grouped, {1, 28, 28}});
  grouped.groups = 32;
  expect({grouped, {1, 28, 28}});
  expect({params(3, 32, {3, 3, 2, 2}), {1, 64, 64}});
  expect({params(40, 96), {1, 14, 14}});
  expect({params(64, 256, {3, 3, 2, 2}), {1, 7, 7}});
  expect({params(16, 24), {8, 10, 10}});
}

// Such a layer is computed tap by tap, in blocks of channels.
TEST_P(Conv2dTest, PanelsLargerThanACache) {
  for (const Window& window :
       {Window{3, 3}, Window{3, 3, 2, 2}, Window{3, 3, 1, 1, 2, 2}, Window{3, 3, 1, 1, 1, 1, Padding::valid()},
        Window{3, 3, 3, 1, 1, 2, Padding::explicit_sides(4, 0, 0, 7)}, Window{5, 2, 1, 2}}) {
    for (const bool residual : {false, true}) {
      Conv2dParams p = params(1100, 2 * vector_floats(GetParam()) + 1, window);
      p.residual = residual;
      p.activation = Activation::clamp(-0.5F, 2.0F);
      expect({p, {1, 5, 6}});
    }
  }
}

TEST_P(Conv2dTest, RandomCases) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    Case c;
    const auto [window, image] = random_window_and_image(random, 15);
    c.input = image;
    const std::int32_t groups = random.pick({1, 1, 2, 4});
    c.params = params(groups * random.size(1, 20 / groups), groups * random.size(1, 40 / groups), window);
    c.params.groups = groups;
    c.params.activation = random_activation(random);
    c.params.residual = random.coin();
    c.bias = random.coin();
    c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
    expect(c, seed);
  }
}

// An engine need not sort its convolutions to have the fast way through them.
class OneWayToAskTest : public Conv2dTest {
 protected:
  template <class Params>
  void expect_the_same(const Conv2dParams& asked, const Params& expected, const Shape& input) const {
    Random random(7);
    const std::vector<FilterShape> shapes = filter_shapes(AnyParams(expected));
    const reference::Weights weights = random_weights(shapes.front(), true, random);
    const std::vector<float> src = random.values(input.elements());
    const Plan plans[] = {*create(asked, weights, GetParam())->plan(input, {1}),
                          *create(expected, weights, GetParam())->plan(input, {1})};
    std::vector<float> outputs[2];
    for (int i = 0; i < 2; ++i) {
      ASSERT_FALSE(plans[i].empty());
      Workspace workspace(plans[i]);
      outputs[i].resize(static_cast<std::size_t>(plans[i].output_shape().elements()));
      ASSERT_TRUE(plans[i].run(src.data(), outputs[i].data(), workspace.data()).ok());
    }
    EXPECT_EQ(first_difference(outputs[0], outputs[1]), -1);
    EXPECT_EQ(plans[0].report().kind, plans[1].report().kind);
    EXPECT_STREQ(plans[0].report().kernel, plans[1].report().kernel);
    EXPECT_EQ(plans[0].report().candidates, plans[1].report().candidates);
  }
};

TEST_P(OneWayToAskTest, AKernelOfOneByOneIsPointwise) {
  for (const Padding& padding : {Padding::valid(), Padding::same(), Padding::same_lower()}) {
    for (const std::int32_t channels : {8, 40}) {
      Conv2dParams asked = params(24, channels, {1, 1});
      asked.padding = padding;
      asked.activation = Activation::relu6();
      PointwiseParams expected;
      expected.in_channels = 24;
      expected.out_channels = channels;
      expected.activation = Activation::relu6();
      expect_the_same(asked, expected, {2, 9, 7, 24});
    }
  }
}

TEST_P(OneWayToAskTest, GroupsOfOneChannelAreDepthwise) {
  for (const std::int32_t stride : {1, 2}) {
    for (const std::int32_t multiplier : {1, 2, 8}) {
      Conv2dParams asked = params(24, 24 * multiplier, {3, 5, stride, stride});
      asked.groups = 24;
      asked.padding = Padding::same();
      DepthwiseParams expected = with_window(DepthwiseParams(), {3, 5, stride, stride});
      expected.channels = 24;
      expected.multiplier = multiplier;
      expected.padding = Padding::same();
      expect_the_same(asked, expected, {2, 9, 11, 24});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, OneWayToAskTest, testing::ValuesIn(isas_under_test()), isa_test_name);
INSTANTIATE_TEST_SUITE_P(Isas, Conv2dTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
