// How the networks of this folder are written down, and their multiply-adds, counted by the compiler.
#pragma once

#include <cstdint>
#include <span>

#include "network/layer_spec.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench::shapes {

using network::Op;

/// One layer. Every padding is SAME, and every stage of a fused block but the last ends in `hidden`.
struct Row {
  const char* name;
  Op op;
  std::int32_t in_channels;
  std::int32_t hidden_channels;  // inverted residual, else 0
  std::int32_t out_channels;
  std::int32_t kernel;
  std::int32_t stride;
  std::int32_t shortcut;  // see network::LayerSpec
};

/// What all rows of a network share.
struct Table {
  const char* name;
  Shape input;
  std::span<const Row> rows;
  Activation activation;       // of every convolution, except:
  bool linear_block_output;    // the last stage of a block has no activation
  std::int64_t multiply_adds;  // of convolutions and the classifier, padding counted, pooling not
};

/// Output size of a SAME padding.
constexpr std::int64_t same_size(std::int64_t input, std::int64_t stride) { return (input + stride - 1) / stride; }

constexpr std::int64_t count_multiply_adds(std::span<const Row> rows, const Shape& input) {
  std::int64_t h = input.h, w = input.w, total = 0;
  for (const Row& r : rows) {
    const std::int64_t oh = same_size(h, r.stride), ow = same_size(w, r.stride);
    switch (r.op) {
      case Op::kConv2d:
        total += cost::regular(r.kernel, r.kernel, r.in_channels, oh, ow, r.out_channels);
        break;
      case Op::kDepthwise:
        total += cost::depthwise(r.kernel, r.kernel, r.in_channels, oh, ow);
        break;
      case Op::kPointwise:
      case Op::kFullyConnected:
        total += cost::pointwise(r.in_channels, oh, ow, r.out_channels);
        break;
      case Op::kSeparable:
        total += cost::separable(r.kernel, r.kernel, r.in_channels, oh, ow, r.out_channels);
        break;
      case Op::kInvertedResidual:
        total += cost::pointwise(r.in_channels, h, w, r.hidden_channels) +
                 cost::separable(r.kernel, r.kernel, r.hidden_channels, oh, ow, r.out_channels);
        break;
      case Op::kGlobalAveragePool:
        break;
    }
    const bool pooled = r.op == Op::kGlobalAveragePool;
    h = pooled ? 1 : oh;
    w = pooled ? 1 : ow;
  }
  return total * input.n;
}

/// Each row reads as many channels as the row before it writes.
constexpr bool channels_chain(std::span<const Row> rows, const Shape& input) {
  std::int64_t channels = input.c;
  for (const Row& r : rows) {
    if (r.in_channels != channels) return false;
    channels = r.out_channels;
  }
  return true;
}

/// A shortcut adds a block's input to an output of the same shape.
constexpr bool shortcuts_fit(std::span<const Row> rows) {
  for (const Row& r : rows) {
    if (r.shortcut != 0 && (r.stride != 1 || r.in_channels != r.out_channels)) return false;
  }
  return true;
}

constexpr bool valid(const Table& t) {
  return channels_chain(t.rows, t.input) && shortcuts_fit(t.rows) &&
         count_multiply_adds(t.rows, t.input) == t.multiply_adds;
}

}  // namespace tandem::bench::shapes
