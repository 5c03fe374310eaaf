// Transposed convolution on every ISA against the reference, and the two engines' ways to state a layer.
#include "creation.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "operator_check.hpp"
#include "random.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class ConvTranspose2dTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    ConvTranspose2dParams params;
    Shape input;  // its channels come from params
    FilterLayout layout = FilterLayout::kIohw;
    bool bias = true;
  };

  static ConvTranspose2dParams params(std::int32_t in_channels, std::int32_t out_channels, const Window& window) {
    ConvTranspose2dParams p;
    p.in_channels = in_channels;
    p.out_channels = out_channels;
    return with_window(p, window);
  }
  static Window twice() { return {2, 2, 2, 2, 1, 1, Padding::valid()}; }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    const Shape input = {c.input.n, c.input.h, c.input.w, c.params.in_channels};
    expect_layer({c.params, input, {c.layout}, {c.bias}}, GetParam(), seed);
  }
};

TEST_P(ConvTranspose2dTest, OutputChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    expect({params(3, channels, twice()), {2, 7, 8}});
    expect({params(3, channels, {4, 4, 2, 2, 1, 1, Padding::uniform(1)}), {2, 4, 5}});
  }
}

TEST_P(ConvTranspose2dTest, InputChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    expect({params(channels, 5, twice()), {2, 7, 8}});
    expect({params(channels, 5, {3, 3, 2, 2, 1, 1, Padding::same()}), {2, 4, 5}});
  }
}

TEST_P(ConvTranspose2dTest, WindowsAtTheEdgesOfAnImage) {
  for (const Window& window : edge_windows()) {
    for (const Shape& image : edge_images(2)) {
      const ConvTranspose2dParams p = params(2, vector_floats(GetParam()) + 1, window);
      const Shape output = reference::output_shape(p, image);
      if (output.h > 0 && output.w > 0) expect({p, image});
    }
  }
}

// Strides beyond the kernel, and dilations that share a factor with the stride, leave outputs that no tap reaches.
TEST_P(ConvTranspose2dTest, OutputsThatNoTapReaches) {
  for (const Window& window : {Window{1, 1, 2, 3}, Window{2, 1, 5, 4}, Window{2, 3, 4, 4, 2, 2},
                               Window{3, 3, 6, 4, 4, 6}, Window{1, 1, 9, 9}}) {
    for (const Padding& padding : {Padding::valid(), Padding::same(), Padding::explicit_sides(1, 0, 2, 1)}) {
      for (const bool residual : {false, true}) {
        ConvTranspose2dParams p = params(3, 5, window);
        p.padding = padding;
        p.residual = residual;
        p.activation = Activation::relu();
        for (const Shape& image : {Shape{2, 3, 4}, Shape{1, 1, 7}, Shape{1, 4, 1}}) {
          const Shape output = reference::output_shape(p, image);
          if (output.h > 0 && output.w > 0) expect({p, image});
        }
      }
    }
  }
}

TEST_P(ConvTranspose2dTest, SizesOfTheOutput) {
  for (const Padding& padding : {Padding::valid(), Padding::uniform(1), Padding::same(), Padding::same_lower()}) {
    for (const std::int32_t more : {0, 1, 2}) {
      ConvTranspose2dParams p = params(3, 5, {3, 4, 3, 3, 1, 2, padding});
      p.output_padding_h = more;
      p.output_padding_w = 2 - more;
      expect({p, {1, 4, 5}});
      p.output_h = 11 + 4 * more;  // from less than the taps reach to more
      expect({p, {1, 4, 5}});
      p.output_w = 20 - 5 * more;
      expect({p, {1, 4, 5}});
    }
  }
}

TEST_P(ConvTranspose2dTest, EveryFilterLayoutWithAndWithoutBias) {
  for (const FilterLayout layout :
       {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio, FilterLayout::kIohw}) {
    for (const bool bias : {false, true}) {
      expect({params(5, 21, {3, 5, 2, 2, 1, 1, Padding::valid()}), {1, 3, 4}, layout, bias});
    }
    for (const std::int32_t out : {1, 2, 20}) {
      ConvTranspose2dParams p = params(6, 3 * out, {3, 2, 2, 2, 1, 1, Padding::same()});
      p.groups = 3;
      p.residual = true;
      expect({p, {2, 3, 4}, layout});
    }
  }
}

TEST_P(ConvTranspose2dTest, EveryActivationAndResidualOrder) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    for (const ResidualOrder order : {ResidualOrder::kBeforeActivation, ResidualOrder::kAfterActivation}) {
      for (const bool residual : {false, true}) {
        for (const std::int32_t kernel : {3, 4}) {  // the latter a multiple of the stride
          ConvTranspose2dParams p = params(4, 21, {kernel, kernel, 2, 2, 1, 1, Padding::uniform(1)});
          p.residual = residual;
          p.residual_order = order;
          p.activation = activation;
          expect({p, {1, 4, 5}});
        }
      }
    }
  }
}

TEST_P(ConvTranspose2dTest, GroupsOfAnyWidth) {
  const std::vector<float> slope = slopes(72);
  for (const std::int32_t groups : {2, 3}) {
    for (const std::int32_t in : {1, 8}) {
      for (const std::int32_t out : {1, 3, 24}) {
        ConvTranspose2dParams p = params(groups * in, groups * out, {4, 4, 2, 2, 1, 1, Padding::uniform(1)});
        p.groups = groups;
        const FloatSpan of_outputs(slope.data(), static_cast<std::size_t>(groups * out));
        p.activation = Activation::prelu(of_outputs);
        expect({p, {2, 3, 4}});
        p.activation = Activation::none().with_affine(of_outputs, of_outputs);
        expect({p, {2, 3, 4}});
      }
    }
  }
}

TEST_P(ConvTranspose2dTest, LayersLargeEnoughToBeShared) {
  expect({params(24, 24, twice()), {1, 24, 24}});
  expect({params(24, 1, twice()), {1, 48, 48}});
  expect({params(64, 70, {4, 4, 2, 2, 1, 1, Padding::uniform(1)}), {1, 7, 7}});
  expect({params(40, 40, {3, 3, 2, 2, 1, 1, Padding::same()}), {3, 8, 9}});
  ConvTranspose2dParams grouped = params(64, 64, twice());
  grouped.groups = 4;
  expect({grouped, {1, 14, 14}});
}

TEST_P(ConvTranspose2dTest, SumsOfSeveralBlocks) {
  expect({params(4500, 5, {3, 3, 2, 2, 1, 1, Padding::same()}), {1, 2, 2}});
  expect({params(1100, 2 * vector_floats(GetParam()) + 1, {5, 5, 2, 2, 1, 1, Padding::same()}), {1, 3, 3}});
}

TEST_P(ConvTranspose2dTest, RandomCases) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    Case c;
    Shape output{};
    do {
      const std::int32_t groups = random.pick({1, 1, 2, 4});
      c.params =
          params(groups * random.size(1, 12 / groups), groups * random.size(1, 40 / groups), random_window(random));
      c.params.groups = groups;
      c.params.output_padding_h = random.size(0, std::max(c.params.stride_h, c.params.dilation_h) - 1);
      c.params.output_padding_w = random.size(0, std::max(c.params.stride_w, c.params.dilation_w) - 1);
      if (random.coin()) c.params.output_h = random.size(1, 20);
      c.input = {random.integer(1, 3), random.integer(1, 7), random.integer(1, 7)};
      output = reference::output_shape(c.params, c.input);
    } while (output.h < 1 || output.w < 1);
    c.params.activation = random_activation(random);
    c.params.residual = random.coin();
    c.bias = random.coin();
    c.layout = random.pick({FilterLayout::kIohw, FilterLayout::kOhwi});
    expect(c, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ConvTranspose2dTest, testing::ValuesIn(isas_under_test()), isa_test_name);

// By the formulas of ONNX (output_shape, auto_pad) and TFLite (SAME, VALID).
TEST(ConvTranspose2dShapeTest, AsTheEnginesGiveThem) {
  struct Expected {
    Window window;
    std::int32_t output_padding, output;
    std::int64_t in, out;
  };
  for (const Expected& e : {Expected{{2, 2, 2, 2, 1, 1, Padding::valid()}, 0, 0, 160, 320},
                            Expected{{4, 4, 2, 2, 1, 1, Padding::uniform(1)}, 0, 0, 8, 16},
                            Expected{{3, 3, 2, 2, 1, 1, Padding::uniform(1)}, 1, 0, 8, 16},
                            Expected{{3, 3, 2, 2, 1, 1, Padding::uniform(1)}, 0, 0, 8, 15},
                            Expected{{3, 3, 3, 3, 2, 2, Padding::valid()}, 0, 0, 4, 14},
                            Expected{{3, 3, 2, 2, 1, 1, Padding::same()}, 0, 0, 7, 14},
                            Expected{{3, 3, 2, 2, 1, 1, Padding::same()}, 0, 13, 7, 13},
                            Expected{{1, 1, 3, 3, 1, 1, Padding::same_lower()}, 0, 0, 5, 15}}) {
    ConvTranspose2dParams p = with_window(ConvTranspose2dParams(), e.window);
    p.in_channels = p.out_channels = 1;
    p.output_padding_h = p.output_padding_w = e.output_padding;
    p.output_h = p.output_w = e.output;
    const reference::Weights w = {
        std::vector<float>(static_cast<std::size_t>(p.kernel_h) * static_cast<std::size_t>(p.kernel_w)), {}};
    const Result<Shape> shape = create(p, w, "scalar")->output_shape({1, e.in, e.in, 1});
    ASSERT_TRUE(shape.ok()) << shape.status().message();
    EXPECT_EQ(shape->h, e.out);
    EXPECT_EQ(shape->w, e.out);
  }
}

class ConvTranspose2dRefusalTest : public testing::Test {
 protected:
  template <class Spoil>
  void expect_refused_at_create(const std::vector<std::string>& says, const Spoil& spoil) {
    ConvTranspose2dParams p = params();
    spoil(p);
    expect_refused(says.front().c_str(), create(p, weights_, "scalar").status(), StatusCode::kInvalidArgument, says);
  }
  template <class Spoil>
  void expect_refused_at_plan(StatusCode code, const std::vector<std::string>& says, const Shape& input,
                              const Spoil& spoil) {
    ConvTranspose2dParams p = params();
    spoil(p);
    const Result<Operator> op = create(p, weights_, "scalar");
    ASSERT_TRUE(op.ok()) << op.status().message();
    expect_refused(says.front().c_str(), op->plan(input).status(), code, says);
    EXPECT_FALSE(op->output_shape(input).ok());
  }
  static ConvTranspose2dParams params() {
    ConvTranspose2dParams p;
    p.in_channels = 2;
    p.out_channels = 4;
    p.kernel_h = p.kernel_w = 3;
    p.stride_h = p.stride_w = 2;
    return p;
  }

  reference::Weights weights_ = {std::vector<float>(72), {}};
};

TEST_F(ConvTranspose2dRefusalTest, AtCreate) {
  using P = ConvTranspose2dParams;
  EXPECT_TRUE(create(params(), weights_, "scalar").ok());
  expect_refused_at_create({"in_channels", "0"}, [](P& p) { p.in_channels = 0; });
  expect_refused_at_create({"out_channels", "-1"}, [](P& p) { p.out_channels = -1; });
  expect_refused_at_create({"kernel_h", "0"}, [](P& p) { p.kernel_h = 0; });
  expect_refused_at_create({"stride_w", "-2"}, [](P& p) { p.stride_w = -2; });
  expect_refused_at_create({"dilation_h", "0"}, [](P& p) { p.dilation_h = 0; });
  expect_refused_at_create({"groups", "3", "2", "4"}, [](P& p) { p.groups = 3; });
  expect_refused_at_create({"output_padding_h", "2", "stride 2"}, [](P& p) { p.output_padding_h = 2; });
  expect_refused_at_create({"output_padding_w", "3", "dilation 3"}, [](P& p) {
    p.dilation_w = 3;
    p.output_padding_w = 3;
  });
  expect_refused_at_create({"output_padding_w", "-1"}, [](P& p) { p.output_padding_w = -1; });
  expect_refused_at_create({"output_h", "-5"}, [](P& p) { p.output_h = -5; });
  expect_refused_at_create({"output_w", "-6"}, [](P& p) { p.output_w = -6; });
  expect_refused_at_create({"padding", "-1"}, [](P& p) { p.padding.left = -1; });
  expect_refused_at_create({"filter", "72", "36"}, [](P& p) { p.groups = 2; });
}

TEST_F(ConvTranspose2dRefusalTest, AtPlan) {
  using P = ConvTranspose2dParams;
  expect_refused_at_plan(StatusCode::kInvalidArgument, {"no rows", "7", "3", "4", "3"}, {1, 3, 3, 2},
                         [](P& p) { p.padding = Padding::explicit_sides(4, 3, 0, 0); });
  expect_refused_at_plan(StatusCode::kInvalidArgument, {"no columns", "9"}, {1, 3, 3, 2},
                         [](P& p) { p.padding = Padding::explicit_sides(0, 0, 0, 9); });
  expect_refused_at_plan(StatusCode::kInvalidArgument, {"input c", "3", "2"}, {1, 3, 3, 3}, [](P&) {});
  constexpr std::int64_t kLong = std::int64_t{1} << 50;
  expect_refused_at_plan(StatusCode::kOutOfRange, {"rows", "1125899906842624", "2147483647"}, {1, kLong, 1, 2},
                         [](P& p) { p.stride_h = 2147483647; });
  expect_refused_at_plan(StatusCode::kOutOfRange, {"output", "more than can be addressed"}, {1, kLong, 1, 2},
                         [](P& p) { p.stride_w = 2147483647; });
}

TEST_F(ConvTranspose2dRefusalTest, TheLayoutOfOthers) {
  const std::vector<float> values(72);
  expect_refused("depthwise layout", Operator::conv_transpose2d(params(), {values, FilterLayout::k1hwc}).status(),
                 StatusCode::kInvalidArgument, {"1HWC"});
  expect_refused("pointwise", Operator::pointwise({8, 9, {}, false}, {values, FilterLayout::kIohw}).status(),
                 StatusCode::kInvalidArgument, {"IOHW"});
}

// A plan is small, however far its outputs lie apart.
TEST(ConvTranspose2dPlanTest, HugeStrides) {
  ConvTranspose2dParams p;
  p.in_channels = p.out_channels = 1;
  p.kernel_h = p.kernel_w = 2;
  p.stride_h = p.stride_w = 1 << 20;
  p.dilation_h = p.dilation_w = 1 << 10;
  const Result<Plan> plan = create(p, {std::vector<float>(4), {}}, "scalar")->plan({1, 3, 3, 1});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->output_shape().h, (1 << 21) + (1 << 10) + 1);
  EXPECT_EQ(plan->report().kind, PlanKind::kTransposed);
  EXPECT_EQ(plan->op_count(), 36);
  EXPECT_EQ(plan->workspace_bytes(), 0U);
}

}  // namespace
}  // namespace tandem::test
