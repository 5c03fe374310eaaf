#include "classify/preprocess.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace classify {
namespace {

/// The four pixels that make up one output pixel along one axis, as distances from the square's edge.
struct Taps {
  std::array<std::int32_t, 4> pixels;
  std::array<double, 4> weights;
};

std::vector<Taps> resize_taps(std::int32_t side, const Preprocess& how) {
  std::vector<Taps> taps;
  for (std::int32_t i = 0; i < how.size; ++i) {
    const double x = static_cast<double>(i) * side / how.size;
    const double floor = std::floor(x);
    Taps t{{}, cubic_weights(x - floor, how.cubic_a)};
    for (std::int32_t k = 0; k < 4; ++k) {
      t.pixels[static_cast<std::size_t>(k)] = std::clamp(static_cast<std::int32_t>(floor) - 1 + k, 0, side - 1);
    }
    taps.push_back(t);
  }
  return taps;
}

std::array<double, Image::kChannels> read_channels(const JsonField& field) {
  std::array<double, Image::kChannels> values{};
  if (field.size() != values.size()) field.fail("should have one value for each of red, green and blue");
  for (std::size_t c = 0; c < values.size(); ++c) values[c] = field.element(c).number();
  return values;
}

}  // namespace

Preprocess read_preprocess(const JsonField& metadata, std::int32_t size) {
  metadata["channel_order"].expect("rgb");
  const JsonField crop = metadata["crop"];
  crop["kind"].expect("center_square");
  const JsonField resize = metadata["resize"];
  resize["interpolation"].expect("bicubic");
  for (const char* option : {"half_pixel_centers", "antialias"}) {
    if (resize[option].boolean()) resize[option].fail("is true, which this program cannot do");
  }

  Preprocess how;
  how.size = size;
  how.crop_fraction = crop["fraction_of_short_side"].number();
  if (how.crop_fraction <= 0.0 || how.crop_fraction > 1.0) crop["fraction_of_short_side"].fail("should be in (0, 1]");
  how.cubic_a = resize["cubic_a"].number();
  how.mean = read_channels(metadata["mean"]);
  how.std = read_channels(metadata["std"]);
  if (*std::min_element(how.std.begin(), how.std.end()) <= 0.0) metadata["std"].fail("should be greater than 0");
  return how;
}

Square central_square(const Image& image, double fraction) {
  const std::int32_t short_side = std::min(image.height, image.width);
  const std::int32_t side = std::max(1, static_cast<std::int32_t>(fraction * short_side));
  return {(image.height - side + 1) / 2, (image.width - side + 1) / 2, side};
}

std::array<double, 4> cubic_weights(double t, double a) {
  const auto near = [a](double d) { return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0; };       // d <= 1
  const auto far = [a](double d) { return ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a; };  // 1 < d < 2
  return {far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)};
}

std::vector<float> preprocess(const Image& image, const Preprocess& how) {
  constexpr std::size_t kChannels = Image::kChannels;
  const Square square = central_square(image, how.crop_fraction);
  const std::vector<Taps> taps = resize_taps(square.side, how);
  const auto row_of = [&](std::int32_t y) {
    const std::int64_t pixel = std::int64_t{square.top + y} * image.width + square.left;
    return image.pixels.data() + pixel * Image::kChannels;
  };

  std::vector<float> input;
  input.reserve(taps.size() * taps.size() * kChannels);
  std::vector<double> row(static_cast<std::size_t>(square.side) * kChannels);  // resized in height only
  for (const Taps& vertical : taps) {
    std::fill(row.begin(), row.end(), 0.0);
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint8_t* pixels = row_of(vertical.pixels[k]);
      for (std::size_t i = 0; i < row.size(); ++i) row[i] += vertical.weights[k] * pixels[i];
    }
    for (const Taps& horizontal : taps) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        double value = 0.0;
        for (std::size_t k = 0; k < 4; ++k) {
          value += horizontal.weights[k] * row[static_cast<std::size_t>(horizontal.pixels[k]) * kChannels + c];
        }
        input.push_back(static_cast<float>((value - how.mean[c]) / how.std[c]));
      }
    }
  }
  return input;
}

}  // namespace classify
