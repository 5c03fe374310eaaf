// The way from a picture to a network's input in the example `classify`, on pictures small enough to work out by hand.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "classify/json.hpp"
#include "classify/preprocess.hpp"
#include "classify_files.hpp"

namespace tandem::test {
namespace {

using classify::Image;
using classify::Preprocess;

/// Red is 10 * y + x, green 100, blue 200.
Image ramp(std::int32_t height, std::int32_t width) {
  Image image{height, width, {}};
  for (std::int32_t y = 0; y < height; ++y) {
    for (std::int32_t x = 0; x < width; ++x) {
      for (const std::int32_t value : {10 * y + x, 100, 200}) image.pixels.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return image;
}

/// Values as they are, nothing cut off.
Preprocess identity(std::int32_t size) {
  Preprocess how;
  how.size = size;
  how.std = {1.0, 1.0, 1.0};
  return how;
}

TEST(ClassifyPreprocess, CutsTheCentralSquare) {
  const auto expect_square = [](std::int32_t height, std::int32_t width, std::int32_t top, std::int32_t left,
                                std::int32_t side) {
    const classify::Square square = classify::central_square(Image{height, width, {}}, 0.875);
    EXPECT_EQ(square.side, side) << height << " x " << width;
    EXPECT_EQ(square.top, top) << height << " x " << width;
    EXPECT_EQ(square.left, left) << height << " x " << width;
  };
  expect_square(224, 224, 14, 14, 196);
  expect_square(300, 451, 19, 95, 262);   // 262.5 is cut; an odd row or column left over comes before the square
  expect_square(427, 640, 27, 134, 373);  // 373.625
  expect_square(1, 1, 0, 0, 1);           // never less than a pixel
  expect_square(1, 9, 0, 4, 1);
}

TEST(ClassifyPreprocess, WeighsByKeysCubic) {
  constexpr double kA = -0.75;
  const std::array<double, 4> on_a_pixel = {0.0, 1.0, 0.0, 0.0};
  EXPECT_EQ(classify::cubic_weights(0.0, kA), on_a_pixel);
  // Between two pixels: a / 8 outside and 1/2 - a / 8 inside.
  const std::array<double, 4> half = {-0.09375, 0.59375, 0.59375, -0.09375};
  EXPECT_EQ(classify::cubic_weights(0.5, kA), half);
  for (const double t : {0.1, 0.25, 0.9}) {
    double sum = 0.0;
    for (const double weight : classify::cubic_weights(t, kA)) sum += weight;
    EXPECT_NEAR(sum, 1.0, 1e-15) << t;
  }
}

TEST(ClassifyPreprocess, KeepsAPictureOfTheRightSize) {
  const std::vector<float> input = classify::preprocess(ramp(3, 3), identity(3));
  ASSERT_EQ(input.size(), 27U);
  for (std::size_t pixel = 0; pixel < 9; ++pixel) {
    EXPECT_EQ(input[3 * pixel], static_cast<float>(10 * (pixel / 3) + pixel % 3));
    EXPECT_EQ(input[3 * pixel + 1], 100.0F);
    EXPECT_EQ(input[3 * pixel + 2], 200.0F);
  }
}

TEST(ClassifyPreprocess, SamplesWithoutHalfPixelsAndClampsAtTheEdges) {
  // One row of the 2 x 2 ramp to 4: sampled at 0, 0.5, 1 and 1.5. At 0.5 the pixels are 0 0 1 1, at 1.5 they are 0 1 1
  // 1.
  const std::vector<float> input = classify::preprocess(ramp(2, 2), identity(4));
  ASSERT_EQ(input.size(), 48U);
  EXPECT_FLOAT_EQ(input[0], 0.0F);
  EXPECT_FLOAT_EQ(input[3], 0.5F);
  EXPECT_FLOAT_EQ(input[6], 1.0F);
  EXPECT_FLOAT_EQ(input[9], 1.09375F);  // beyond the values of the picture, not clipped
  EXPECT_FLOAT_EQ(input[12 * 3], 10.9375F);
}

TEST(ClassifyPreprocess, NormalisesEachChannel) {
  Preprocess how = identity(2);
  how.mean = {1.0, 50.0, 0.0};
  how.std = {2.0, 25.0, 100.0};
  const std::vector<float> input = classify::preprocess(ramp(2, 2), how);
  EXPECT_EQ((std::vector<float>(input.begin() + 3, input.begin() + 6)), (std::vector<float>{0.0F, 2.0F, 2.0F}));
}

TEST(ClassifyPreprocess, ReadsWhatItCanDoAndRefusesTheRest) {
  const nlohmann::json good = nlohmann::json::parse(
      R"({"channel_order":"rgb","crop":{"kind":"center_square","fraction_of_short_side":0.875},
          "resize":{"interpolation":"bicubic","cubic_a":-0.5,"half_pixel_centers":false,"antialias":false},
          "mean":[1,2,3],"std":[4,5,6.5]})");
  const Preprocess how = classify::read_preprocess({good, "preprocess"}, 224);
  EXPECT_EQ(how.size, 224);
  EXPECT_EQ(how.crop_fraction, 0.875);
  EXPECT_EQ(how.cubic_a, -0.5);
  EXPECT_EQ(how.mean[2], 3.0);
  EXPECT_EQ(how.std[2], 6.5);

  const char* const changes[] = {
      R"({"channel_order":"bgr"})",
      R"({"crop":{"kind":"none"}})",
      R"({"crop":{"fraction_of_short_side":0}})",
      R"({"crop":{"fraction_of_short_side":1.5}})",
      R"({"crop":null})",
      R"({"resize":{"interpolation":"bilinear"}})",
      R"({"resize":{"half_pixel_centers":true}})",
      R"({"resize":{"antialias":true}})",
      R"({"resize":{"cubic_a":"-0.75"}})",
      R"({"mean":[1,2]})",
      R"({"mean":[1,2,null]})",
      R"({"std":[1,0,1]})",
  };
  for (const char* change : changes) {
    nlohmann::json other = good;
    other.merge_patch(nlohmann::json::parse(change));
    EXPECT_NE(refusal([&] { return classify::read_preprocess({other, "preprocess"}, 224); }), "") << change;
  }
}

}  // namespace
}  // namespace tandem::test
