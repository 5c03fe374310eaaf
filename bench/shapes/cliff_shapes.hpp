// The common shapes that cliff_bench varies, and the axes along which it varies them. A new axis is a row of kAxes in
// cliff_shapes.cpp; the property that it varies is a member of CliffLayer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/layer_spec.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench::shapes {

using network::Op;

/// A layer with SAME padding, on one image of height x width.
struct CliffLayer {
  Op op;
  int in_channels, hidden_channels, out_channels;  // hidden: of an inverted residual
  int height, width;
  int kernel_h = 3, kernel_w = 3;
  int stride = 1;
  int dilation = 1;
  int multiplier = 1;  // depthwise: out_channels / in_channels
  int groups = 1;      // regular
  int gap = 0;         // floats between the pixels of input and output
  int activation = 0;  // of every stage: an index of kActivations
};

struct NamedActivation {
  const char* name;
  Activation activation;
};
inline constexpr NamedActivation kActivations[] = {
    {"relu6", Activation::relu6()},
    {"leaky relu", Activation::leaky_relu(0.1F)},
    {"prelu", Activation::prelu({})},  // make_operator() gives it slopes
    {"hard sigmoid", Activation::hard_sigmoid()},
    {"hard swish", Activation::hard_swish()},
    {"sigmoid", Activation::sigmoid()},
    {"silu", Activation::silu()},
    {"tanh", Activation::tanh()},
    {"gelu", Activation::gelu()},
    {"gelu tanh", Activation::gelu_tanh()},
};

/// E.g. "depthwise 3x3 96, 28x28", "inverted_residual 5x5 s2 d3 24-144-24, 28x28".
[[nodiscard]] std::string describe(const CliffLayer& layer);

/// An operator for the layer, with random weights.
[[nodiscard]] Result<Operator> make_operator(const CliffLayer& layer, const CreateOptions& options = {});
[[nodiscard]] Shape input_shape(const CliffLayer& layer);
[[nodiscard]] PixelStrides pixel_strides(const CliffLayer& layer);

/// Multiply-adds with input pixels. Padding does not count, since a kernel wider than the map has mostly padding.
[[nodiscard]] double multiply_adds(const CliffLayer& layer);
/// Input, output and weights, each once.
[[nodiscard]] double compulsory_bytes(const CliffLayer& layer);

/// A common shape varied along one axis.
struct Sweep {
  std::string shape;  // describe() of the common shape
  const char* axis;
  std::vector<CliffLayer> points;
};
[[nodiscard]] std::vector<Sweep> cliff_sweeps();

}  // namespace tandem::bench::shapes
