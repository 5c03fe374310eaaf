// Layers on a single row or column: 1-D convolutions as engines ask for them.
#include <cstddef>
#include <variant>
#include <vector>

#include "current_case.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "machines.hpp"
#include "operator_check.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

/// A window on a column.
struct Line {
  std::int32_t kernel;
  std::int32_t stride = 1;
  std::int32_t dilation = 1;
  std::int32_t before = 0;  // padding
  std::int32_t after = 0;
};

Window on_column(const Line& l) {
  return {l.kernel, 1, l.stride, 1, l.dilation, 1, Padding::explicit_sides(l.before, l.after, 0, 0)};
}
Window on_row(const Line& l) {
  return {1, l.kernel, 1, l.stride, 1, l.dilation, Padding::explicit_sides(0, 0, l.before, l.after)};
}

// All padding, none, more than the kernel; strides that skip inputs; windows larger than a short line.
constexpr Line kLines[] = {{1},          {3, 1, 1, 1, 1}, {5, 2, 1, 2, 1},   {9, 1, 1, 4, 4},
                           {2, 3},       {3, 1, 2, 2, 2}, {5, 2, 3, 9, 7},   {3, 4, 1, 11, 0},
                           {7, 1, 1, 3}, {4, 1, 1, 0, 9}, {31, 1, 1, 15, 15}};

class OneDimensionTest : public testing::TestWithParam<std::string> {
 protected:
  /// params(window) on a line of this length, as a column and as a row.
  template <class Make>
  void expect(const Make& params, std::int64_t length) const {
    for (const Line& line : kLines) {
      for (const bool column : {true, false}) {
        const Window window = column ? on_column(line) : on_row(line);
        LayerCase layer{params(window), column ? Shape{2, length, 1, 1} : Shape{2, 1, length, 1}};
        layer.input.c = input_channels(layer.params);
        if (!has_output(window, layer.input)) continue;
        layer.layouts.assign(filter_shapes(layer.params).size(), FilterLayout::kOihw);
        layer.biases.assign(layer.layouts.size(), true);
        expect_layer(layer, GetParam(), 1);
      }
    }
  }
  [[nodiscard]] std::int32_t v() const { return vector_floats(GetParam()); }
};

TEST_P(OneDimensionTest, Depthwise) {
  for (const std::int64_t length : {1, 2, 13, 40}) {
    for (const std::int32_t channels : {1, v() + 1}) {
      for (const std::int32_t multiplier : {1, 2}) {
        expect(
            [&](const Window& window) {
              DepthwiseParams p;
              p.channels = channels;
              p.multiplier = multiplier;
              p.residual = multiplier == 2;
              p.activation = Activation::relu();
              return with_window(p, window);
            },
            length);
      }
    }
  }
}

// 2 KB from pixel to pixel: the input is copied, for 64 outputs at a time.
TEST_P(OneDimensionTest, CopiedDepthwise) {
  for (const Line& line : {Line{5, 2, 1, 2, 1}, Line{9, 1, 1, 4, 4}, Line{3, 1, 2, 2, 2}}) {
    for (const std::int64_t length : {63, 130}) {
      for (const bool column : {true, false}) {
        DepthwiseParams p;
        p.channels = 512;
        p = with_window(p, column ? on_column(line) : on_row(line));
        const Shape input = column ? Shape{1, length, 1, 512} : Shape{1, 1, length, 512};
        expect_layer({p, input, {FilterLayout::kOihw}, {true}}, GetParam(), 1);
      }
    }
  }
}

TEST_P(OneDimensionTest, Regular) {
  for (const std::int64_t length : {1, 6, 50}) {
    for (const std::int32_t groups : {1, 3}) {
      for (const std::int32_t channels : {1, 4}) {
        expect(
            [&](const Window& window) {
              Conv2dParams p;
              p.in_channels = groups * channels;
              p.out_channels = groups * (v() / 2 + 1);
              p.groups = groups;
              p.activation = Activation::hard_swish();
              return with_window(p, window);
            },
            length);
      }
    }
  }
}

TEST_P(OneDimensionTest, Blocks) {
  for (const std::int64_t length : {1, 9, 150}) {
    for (const std::int32_t hidden : {5, 3 * v() + 1}) {
      const auto separable = [&](const Window& window) {
        SeparableParams p;
        p.depthwise.channels = hidden;
        p.depthwise = with_window(p.depthwise, window);
        p.pointwise = {hidden, 7, Activation::relu6()};
        return p;
      };
      expect(separable, length);
      expect(
          [&](const Window& window) {
            InvertedResidualParams p;
            p.expand = {3, hidden, Activation::relu6()};
            p.depthwise = separable(window).depthwise;
            p.project = {hidden, 7, Activation::none()};
            return p;
          },
          length);
    }
  }
}

// More kernel rows than have row pointers on the stack.
TEST_P(OneDimensionTest, HighKernels) {
  for (const Window& window : {Window{150, 1}, Window{150, 2}, Window{129, 1, 2, 1, 2, 1}, Window{1, 150}}) {
    for (const Shape& image : {Shape{1, 160, 3}, Shape{1, 200, 1}, Shape{1, 1, 170}}) {
      DepthwiseParams p;
      p.channels = v() + 1;
      p = with_window(p, window);
      for (const std::int32_t multiplier : {1, 2}) {
        p.multiplier = multiplier;
        expect_layer({p, {image.n, image.h, image.w, p.channels}, {FilterLayout::kOihw}, {true}}, GetParam(), 1);
      }
      p.multiplier = 1;
      const SeparableParams separable{p, {p.channels, 5, {}, false}};
      expect_layer({separable, {image.n, image.h, image.w, p.channels}, {{}, {}}, {true, true}}, GetParam(), 1);
    }
  }
}

// What workers share and what the workspace holds is the same for a row and for a column.
TEST_P(OneDimensionTest, RowsArePlannedLikeColumns) {
  constexpr Line kLine{9, 1, 1, 4, 4};
  Conv2dParams regular;
  regular.in_channels = regular.out_channels = 16;
  DepthwiseParams depthwise;
  depthwise.channels = 8;
  InvertedResidualParams block;
  block.expand = {16, 96, {}, false};
  block.depthwise.channels = 96;
  block.project = {96, 16, {}, false};
  BackwardPool pool(4);
  const auto plans = [&](auto params, auto& window_of, std::int64_t length) {
    std::vector<Plan> both;
    for (const bool column : {true, false}) {
      window_of(params) = with_window(window_of(params), column ? on_column(kLine) : on_row(kLine));
      std::vector<reference::Weights> weights;
      Random random(1);
      for (const FilterShape& shape : filter_shapes(AnyParams(params)))
        weights.push_back(random_weights(shape, true, random));
      LayerCase layer{params, {}, std::vector<FilterLayout>(weights.size()), std::vector<bool>(weights.size(), true)};
      const Operator op = create_guarded(layer, weights, GetParam(), Placement::kEndsAtGuard).value();
      const std::int64_t channels = input_channels(AnyParams(params));
      both.push_back(op.plan(column ? Shape{1, length, 1, channels} : Shape{1, 1, length, channels},
                             {4, pool.executor(), 0, sharing()})
                         .value());
    }
    EXPECT_EQ(both[0].threads(), 4);
    EXPECT_EQ(both[1].threads(), 4) << both[1].explain();
    EXPECT_EQ(both[0].workspace_bytes(), both[1].workspace_bytes());
    EXPECT_STREQ(both[0].report().kernel, both[1].report().kernel);
  };
  auto itself = [](auto& p) -> auto& { return p; };
  auto its_depthwise = [](auto& p) -> auto& { return p.depthwise; };
  plans(regular, itself, 4000);
  plans(depthwise, itself, 4000);
  plans(block, its_depthwise, 4000);
}

INSTANTIATE_TEST_SUITE_P(Isas, OneDimensionTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
