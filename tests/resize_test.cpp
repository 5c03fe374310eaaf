// Resizing on every ISA against the reference, and the engines' coordinates in numbers.
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "operator_check.hpp"
#include "refusal.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

using Values = std::vector<float>;

class ResizeTest : public testing::TestWithParam<std::string> {
 protected:
  static ResizeParams params(ResizeMode mode, CoordinateMode coordinates, std::int32_t channels) {
    ResizeParams p;
    p.channels = channels;
    p.mode = mode;
    p.coordinates = coordinates;
    return p;
  }

  void expect(const ResizeParams& p, const Shape& image, std::uint64_t seed = 1) const {
    expect_layer({p, {image.n, image.h, image.w, p.channels}}, GetParam(), seed);
  }

  /// To this size, and then by two scales, both modes, all coordinates and roundings.
  void expect_all(const Shape& image, std::int32_t channels, std::int32_t height, std::int32_t width) const {
    for (const bool linear : {false, true}) {
      for (int coordinates = 0; coordinates < (linear ? 4 : 5); ++coordinates) {
        for (int rounding = 0; rounding < (linear ? 1 : 4); ++rounding) {
          ResizeParams p = params(linear ? ResizeMode::kLinear : ResizeMode::kNearest,
                                  static_cast<CoordinateMode>(coordinates), channels);
          p.rounding = static_cast<NearestRounding>(rounding);
          p.output_h = height;
          p.output_w = width;
          expect(p, image);
          p.output_h = p.output_w = 0;
          p.scale_h = 1.7F;
          p.scale_w = 0.6F;
          if (image.w > 1) expect(p, image);
        }
      }
    }
  }

  /// A row of pixels of one channel.
  Values row(const ResizeParams& p, const Values& src) const {
    const Result<Plan> plan = create(p, GetParam())->plan({1, 1, static_cast<std::int64_t>(src.size()), 1});
    if (!plan.ok()) return {};
    return run_guarded(*plan, src, {}, Placement::kEndsAtGuard, false, {}, DataType::kF32);
  }
  static ResizeParams to_width(ResizeMode mode, CoordinateMode coordinates, std::int32_t width) {
    ResizeParams p = params(mode, coordinates, 1);
    p.output_h = 1;
    p.output_w = width;
    return p;
  }
};

TEST_P(ResizeTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const ResizeMode mode : {ResizeMode::kNearest, ResizeMode::kLinear}) {
      ResizeParams p = params(mode, CoordinateMode::kHalfPixel, channels);
      p.output_h = 5;
      p.output_w = 7;
      expect(p, {2, 4, 3});
    }
  }
}

TEST_P(ResizeTest, EveryModeUpAndDown) {
  expect_all({1, 3, 4}, 5, 7, 9);
  expect_all({2, 9, 7}, 3, 4, 5);
  expect_all({1, 1, 1}, 2, 3, 2);
  expect_all({1, 5, 4}, 3, 1, 1);
  expect_all({1, 5, 4}, 3, 5, 4);  // the same size
}

TEST_P(ResizeTest, LayersLargeEnoughToBeShared) {
  for (const ResizeMode mode : {ResizeMode::kNearest, ResizeMode::kLinear}) {
    ResizeParams p = params(mode, CoordinateMode::kHalfPixel, 65);
    p.scale_h = p.scale_w = 2.0F;
    expect(p, {2, 13, 20});
    p.channels = 7;
    p.scale_w = 3.0F;
    expect(p, {1, 1, 700});
  }
}

TEST_P(ResizeTest, RandomCases) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    ResizeParams p = params(random.coin() ? ResizeMode::kLinear : ResizeMode::kNearest,
                            static_cast<CoordinateMode>(random.integer(0, 3)), random.size(1, 60));
    p.rounding = static_cast<NearestRounding>(random.integer(0, 3));
    p.output_h = random.size(1, 30);
    p.scale_w = 0.2F + 3.0F * std::abs(random.value());
    expect(p, {random.integer(1, 3), random.integer(1, 20), random.integer(5, 20)}, seed);
  }
}

// The examples of the operator Resize in ONNX's documentation, along one axis.
TEST_P(ResizeTest, ExamplesOfOnnx) {
  const auto linear = [&](CoordinateMode mode, float scale, const Values& src) {
    ResizeParams p = to_width(ResizeMode::kLinear, mode, 0);
    p.scale_w = scale;
    return row(p, src);
  };
  EXPECT_EQ(linear(CoordinateMode::kHalfPixel, 2.0F, {1, 2}), (Values{1.0F, 1.25F, 1.75F, 2.0F}));
  EXPECT_EQ(linear(CoordinateMode::kAsymmetric, 2.0F, {1, 2}), (Values{1.0F, 1.5F, 2.0F, 2.0F}));
  EXPECT_EQ(linear(CoordinateMode::kAlignCorners, 2.5F, {1, 5}), (Values{1.0F, 2.0F, 3.0F, 4.0F, 5.0F}));
  // resize_downsample_scales_linear: the scale of 0.6 is that of the coordinates, not 2 / 4.
  const Values down = linear(CoordinateMode::kHalfPixel, 0.6F, {1, 2, 3, 4});
  ASSERT_EQ(down.size(), 2U);
  EXPECT_NEAR(down[0], 1.3333333F, 1e-6F);
  EXPECT_NEAR(down[1], 3.0F, 1e-6F);

  const auto nearest = [&](CoordinateMode mode, NearestRounding rounding, std::int32_t width, std::size_t from) {
    ResizeParams p = to_width(ResizeMode::kNearest, mode, width);
    p.rounding = rounding;
    Values src;
    for (std::size_t i = 1; i <= from; ++i) src.push_back(static_cast<float>(i));
    return row(p, src);
  };
  // resize_upsample_sizes_nearest_floor_align_corners, _ceil_half_pixel, _round_prefer_ceil_asymmetric
  EXPECT_EQ(nearest(CoordinateMode::kAlignCorners, NearestRounding::kFloor, 8, 4), (Values{1, 1, 1, 2, 2, 3, 3, 4}));
  EXPECT_EQ(nearest(CoordinateMode::kHalfPixel, NearestRounding::kCeil, 8, 4), (Values{1, 2, 2, 3, 3, 4, 4, 4}));
  EXPECT_EQ(nearest(CoordinateMode::kAsymmetric, NearestRounding::kRoundPreferCeil, 8, 4),
            (Values{1, 2, 2, 3, 3, 4, 4, 4}));
  EXPECT_EQ(nearest(CoordinateMode::kAsymmetric, NearestRounding::kRoundPreferFloor, 8, 4),
            (Values{1, 1, 2, 2, 3, 3, 4, 4}));
  // TFLite with half_pixel_centers: floor((i + 0.5) * in / out)
  EXPECT_EQ(nearest(CoordinateMode::kTfHalfPixelForNearest, NearestRounding::kFloor, 3, 5), (Values{1, 3, 5}));
}

TEST_P(ResizeTest, OnePixelOfOutput) {
  const Values src = {1, 2, 3, 4};
  EXPECT_EQ(row(to_width(ResizeMode::kLinear, CoordinateMode::kHalfPixel, 1), src), Values{2.5F});
  EXPECT_EQ(row(to_width(ResizeMode::kLinear, CoordinateMode::kPytorchHalfPixel, 1), src), Values{1.0F});
  EXPECT_EQ(row(to_width(ResizeMode::kLinear, CoordinateMode::kAlignCorners, 1), src), Values{1.0F});
}

// A neighbour of weight 0 is not looked at, and an output on an input pixel equals it.
TEST_P(ResizeTest, NansAndInfinitiesStayWhereTheyHaveWeight) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const Values src = {kInf, 3.0F, -kInf, 5.0F, std::nanf("")};
  const Values got = row(to_width(ResizeMode::kLinear, CoordinateMode::kAlignCorners, 9), src);
  ASSERT_EQ(got.size(), 9U);
  EXPECT_EQ(got[0], kInf);
  EXPECT_EQ(got[1], kInf);
  EXPECT_EQ(got[2], 3.0F);
  EXPECT_EQ(got[3], -kInf);
  EXPECT_EQ(got[4], -kInf);
  EXPECT_EQ(got[6], 5.0F);
  EXPECT_TRUE(std::isnan(got[7]) && std::isnan(got[8]));
}

TEST_P(ResizeTest, RefusesWhatHasNoSize) {
  const auto refused = [&](const char* what, const std::vector<std::string>& says, const auto& spoil) {
    ResizeParams p = to_width(ResizeMode::kLinear, CoordinateMode::kHalfPixel, 5);
    spoil(p);
    expect_refused(what, create(p, GetParam()).status(), StatusCode::kInvalidArgument, says);
  };
  refused("neither", {"output_h", "scale_h", "0"}, [](ResizeParams& p) { p.output_h = 0; });
  refused("both", {"output_w", "scale_w", "5", "2.5"}, [](ResizeParams& p) { p.scale_w = 2.5F; });
  refused("negative size", {"output_h", "-3"}, [](ResizeParams& p) { p.output_h = -3; });
  refused("NaN", {"scale_h", "nan"}, [](ResizeParams& p) { p.scale_h = std::nanf(""); });
  refused("mode", {"mode 7"}, [](ResizeParams& p) { p.mode = static_cast<ResizeMode>(7); });
  refused("coordinates of the other mode", {"coordinates 4", "kNearest"},
          [](ResizeParams& p) { p.coordinates = CoordinateMode::kTfHalfPixelForNearest; });

  ResizeParams p = to_width(ResizeMode::kLinear, CoordinateMode::kHalfPixel, 0);
  p.scale_w = 0.25F;
  const Operator op = create(p, GetParam()).value();
  expect_refused("empty", op.plan({1, 1, 3, 1}).status(), StatusCode::kInvalidArgument, {"scale_w", "0.25", "3"});
  expect_refused("input", op.plan({1, 1, 16777217, 1}).status(), StatusCode::kOutOfRange, {"16777217", "16777216"});
  p.scale_w = 1e30F;
  expect_refused("output", create(p, GetParam())->plan({1, 1, 3, 1}).status(), StatusCode::kOutOfRange,
                 {"output w", "16777216"});
}

TEST_P(ResizeTest, TellsItsKind) {
  ResizeParams p = to_width(ResizeMode::kLinear, CoordinateMode::kHalfPixel, 4);
  const Operator linear = create(p, GetParam()).value();
  EXPECT_STREQ(linear.name(), "resize_linear");
  p.mode = ResizeMode::kNearest;
  EXPECT_STREQ(create(p, GetParam())->name(), "resize_nearest");
  const Plan plan = linear.plan({2, 3, 5, 1}).value();
  EXPECT_EQ(plan.op_count(), 4 * 2 * 4);
  EXPECT_EQ(plan.report().kind, PlanKind::kResize);
  EXPECT_EQ(plan.report().tile_rows, 0);
  EXPECT_EQ(std::string(plan.explain()).rfind("resize, ", 0), 0U) << plan.explain();
}

INSTANTIATE_TEST_SUITE_P(Isas, ResizeTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
