// From a picture to the network's input, as in the evaluation of the trained weights:
//
//   central square -> bicubic resize -> (value - mean) / std -> [1, size, size, 3]
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "classify/image.hpp"
#include "classify/json.hpp"

namespace classify {

struct Preprocess {
  std::int32_t size = 0;       ///< height and width of the input, in pixels
  double crop_fraction = 1.0;  ///< side of the cropped square / short side of the picture
  double cubic_a = -0.75;      ///< see cubic_weights()
  std::array<double, Image::kChannels> mean{};
  std::array<double, Image::kChannels> std{};  ///< > 0; like mean, for values 0..255
};

/// Throws Error for any setting that preprocess() cannot reproduce exactly.
[[nodiscard]] Preprocess read_preprocess(const JsonField& metadata, std::int32_t size);

/// The cropped square, in pixels of the picture.
struct Square {
  std::int32_t top, left, side;
};
[[nodiscard]] Square central_square(const Image& image, double fraction);

/// Keys' cubic convolution kernel (IEEE Trans. ASSP 29, 1981, with `a` as a parameter) at the distances 1 + t, t, 1 - t
/// and 2 - t. These are the weights of the pixels floor(x) - 1 .. floor(x) + 2 for a point x with the fraction t. Their
/// sum is 1.
[[nodiscard]] std::array<double, 4> cubic_weights(double t, double a);

/// Output pixel i is sampled at i * side / size, without half-pixel centres and without a low-pass filter, over pixels
/// clamped to the square. Nothing is rounded or clipped between the steps, and all is computed in double.
/// @return dense NHWC
[[nodiscard]] std::vector<float> preprocess(const Image& image, const Preprocess& how);

}  // namespace classify
