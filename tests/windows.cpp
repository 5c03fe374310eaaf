// The lists of edges.
#include "windows.hpp"

#include <array>

#include "reference.hpp"

namespace tandem::test {

using Pair = std::array<std::int32_t, 2>;  // along H, along W

std::vector<Activation> every_activation(const std::vector<float>& slopes) {
  return {Activation::none(),
          Activation::relu(),
          Activation::relu6(),
          Activation::clamp(-0.5F, 0.25F),
          Activation::clamp(0.125F, 0.125F),
          Activation::leaky_relu(0.1F),
          Activation::prelu(slopes),
          Activation::sigmoid(),
          Activation::silu(),
          Activation::hard_sigmoid(),
          Activation::hard_swish(),
          Activation::tanh(),
          Activation::gelu(),
          Activation::gelu_tanh(),
          Activation::none().with_affine({}, slopes),
          Activation::relu().with_affine({slopes.data(), 1}, {}),
          Activation::hard_swish().with_affine(slopes, {slopes.data(), 1}),
          Activation::prelu(slopes).with_affine(slopes, slopes)};
}

std::vector<float> slopes(std::int64_t channels) {
  std::vector<float> values;
  for (std::int64_t c = 0; c < channels; ++c) values.push_back(0.01F * static_cast<float>(c) - 0.1F);
  return values;
}

std::vector<Window> edge_windows() {
  std::vector<Window> windows;
  int skipped = 0;
  for (const Pair kernel : {Pair{1, 1}, Pair{2, 2}, Pair{3, 3}, Pair{5, 5}, Pair{7, 7}, Pair{1, 3}, Pair{5, 2}}) {
    for (const Pair stride : {Pair{1, 1}, Pair{2, 2}, Pair{3, 3}, Pair{1, 2}, Pair{2, 1}}) {
      for (const Pair dilation : {Pair{1, 1}, Pair{2, 2}}) {
        for (const Padding& padding : {Padding::valid(), Padding::same(), Padding::same_lower(), Padding::uniform(1),
                                       Padding::uniform(8), Padding::explicit_sides(0, 1, 3, 2)}) {
          if (skipped++ % list_step() != 0) continue;
          windows.push_back({kernel[0], kernel[1], stride[0], stride[1], dilation[0], dilation[1], padding});
        }
      }
    }
  }
  return windows;
}

std::vector<Shape> edge_images(std::int64_t channels) {
  return {{1, 1, 1, channels}, {1, 1, 9, channels}, {1, 9, 1, channels}, {2, 7, 7, channels}, {1, 14, 13, channels}};
}

Window random_window(Random& random) {
  Window w;
  w.kernel_h = random.size(1, 7);
  w.kernel_w = random.coin() ? w.kernel_h : random.size(1, 9);
  w.stride_h = random.size(1, 3);
  w.stride_w = random.coin() ? w.stride_h : random.size(1, 3);
  w.dilation_h = random.pick({1, 1, 2, 3});
  w.dilation_w = random.coin() ? w.dilation_h : random.pick({1, 2, 3});
  w.padding = random.pick(
      {Padding::valid(), Padding::same(), Padding::same_lower(),
       Padding::explicit_sides(random.size(0, 4), random.size(0, 4), random.size(0, 4), random.size(0, 9))});
  return w;
}

WindowAndImage random_window_and_image(Random& random, std::int64_t most) {
  WindowAndImage drawn;
  do {
    drawn.window = random_window(random);
    drawn.image = {random.integer(1, 3), random.integer(1, most), random.integer(1, most)};
  } while (!has_output(drawn.window, drawn.image));
  return drawn;
}

Activation random_activation(Random& random) {
  return random.pick({Activation::none(), Activation::relu(), Activation::relu6(), Activation::clamp(-0.5F, 0.25F),
                      Activation::leaky_relu(0.1F), Activation::sigmoid(), Activation::silu(),
                      Activation::hard_sigmoid(), Activation::hard_swish(), Activation::tanh()});
}

bool has_output(const Window& w, const Shape& image) {
  const Padding& p = w.padding;
  return reference::resolve(p.mode, p.top, p.bottom, image.h, w.kernel_h, w.stride_h, w.dilation_h).out > 0 &&
         reference::resolve(p.mode, p.left, p.right, image.w, w.kernel_w, w.stride_w, w.dilation_w).out > 0;
}

}  // namespace tandem::test
