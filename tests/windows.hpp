// Kernel, stride, dilation and padding together, and the images they are tried on: the edges that every sliding
// operator is swept over.
#pragma once

#include <cstdint>
#include <vector>

#include "random.hpp"
#include "tandem/activation.hpp"
#include "tandem/padding.hpp"
#include "tandem/shape.hpp"

namespace tandem::test {

struct Window {
  std::int32_t kernel_h = 3;
  std::int32_t kernel_w = 3;
  std::int32_t stride_h = 1;
  std::int32_t stride_w = 1;
  std::int32_t dilation_h = 1;
  std::int32_t dilation_w = 1;
  Padding padding = Padding::same();
};

/// Square and rectangular kernels 1..7, strides 1..3, dilations 1 and 2; SAME, VALID, asymmetric padding, padding
/// larger than stride and kernel.
std::vector<Window> edge_windows();
/// 1x1, one row, one column, 7x7, 14x13: smaller than most of the kernels, and larger.
std::vector<Shape> edge_images(std::int64_t channels);

Window random_window(Random& random);
/// A window, and up to three images of up to `most` x `most` pixels on which it has an output.
struct WindowAndImage {
  Window window;
  Shape image;
};
WindowAndImage random_window_and_image(Random& random, std::int64_t most);
/// Any but PReLU.
Activation random_activation(Random& random);

/// One of each kind, several clamps and some with an affine; the slopes are also the affines', and must live as long.
std::vector<Activation> every_activation(const std::vector<float>& slopes);
/// Different ones, of either sign.
std::vector<float> slopes(std::int64_t channels);

/// Whether the image is large enough to have an output.
bool has_output(const Window& window, const Shape& image);

template <class Params>
Params with_window(Params params, const Window& w) {
  params.kernel_h = w.kernel_h;
  params.kernel_w = w.kernel_w;
  params.stride_h = w.stride_h;
  params.stride_w = w.stride_w;
  params.dilation_h = w.dilation_h;
  params.dilation_w = w.dilation_w;
  params.padding = w.padding;
  return params;
}

}  // namespace tandem::test
