// The common shapes that cliff_bench walks around, and the axes along which it leaves them. A new axis is a row of kAxes
// in cliff_shapes.cpp, and what it varies a member of CliffLayer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network/layer_spec.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench::shapes {

using network::Op;

/// A layer with SAME padding and relu6 everywhere, on one image of height x width.
struct CliffLayer {
  Op op;
  int in_channels, hidden_channels, out_channels;  // hidden: of an inverted residual; depthwise: in == out
  int height, width;
  int kernel_h = 3, kernel_w = 3;
  int stride = 1;
  int dilation = 1;
};

/// E.g. "depthwise 3x3 96, 28x28", "inverted_residual 5x5 s2 d3 24-144-24, 28x28".
[[nodiscard]] std::string describe(const CliffLayer& layer);

/// An operator for the layer, with random weights.
[[nodiscard]] Result<Operator> make_operator(const CliffLayer& layer);
[[nodiscard]] Shape input_shape(const CliffLayer& layer);

/// Multiply-adds with input pixels: those with padding are not counted, since a kernel wider than the map has hardly any
/// others.
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
