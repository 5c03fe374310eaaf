// The format of the networks in this folder, and their multiply-adds, counted by the compiler.
#pragma once

#include <cstdint>
#include <span>

#include "network/layer_spec.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench::shapes {

using network::Op;

/// The activation of a row; kOfTable: the activation that Table gives.
enum class Act : std::int8_t { kOfTable, kNone, kRelu, kHardSwish };

/// One layer. Every padding is SAME.
struct Row {
  const char* name;
  Op op;
  std::int32_t in_channels;
  std::int32_t hidden_channels;  // inverted residual, squeeze-and-excite alone; else 0
  std::int32_t out_channels;
  std::int32_t kernel;
  std::int32_t stride;
  std::int32_t shortcut;               // see network::LayerSpec
  Act act = Act::kOfTable;             // of all stages of a fused block but the last; else of the layer
  std::int32_t squeezed_channels = 0;  // of the squeeze-and-excite in a block; 0: none
};

/// The properties that all rows of a network share.
struct Table {
  const char* name;
  Shape input;
  std::span<const Row> rows;
  Activation activation;       // of every convolution, with an exception:
  bool linear_block_output;    // the last stage of a block has no activation
  std::int64_t multiply_adds;  // of matrix products and convolutions, padding counted; no pooling, no gating
  Activation squeeze = {};     // of squeeze-and-excites, after the reduction
  Activation gate = {};        // and after the expansion
};

/// Output size with SAME padding.
constexpr std::int64_t same_size(std::int64_t input, std::int64_t stride) { return (input + stride - 1) / stride; }

/// Output size of a layer with SAME padding, which is not pooled.
constexpr std::int64_t output_size(Op op, std::int64_t input, std::int64_t stride) {
  return op == Op::kConvTranspose2d ? input * stride : same_size(input, stride);
}

constexpr std::int64_t count_multiply_adds(std::span<const Row> rows, const Shape& input) {
  std::int64_t h = input.h, w = input.w, total = 0;
  for (const Row& r : rows) {
    const std::int64_t oh = output_size(r.op, h, r.stride), ow = output_size(r.op, w, r.stride);
    switch (r.op) {
      case Op::kConv2d:
        total += cost::regular(r.kernel, r.kernel, r.in_channels, oh, ow, r.out_channels);
        break;
      case Op::kConvTranspose2d:
        total += cost::regular(r.kernel, r.kernel, r.in_channels, h, w, r.out_channels);
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
      case Op::kSqueezeExcite:
        total += cost::squeeze_excite(r.in_channels, r.hidden_channels);
        break;
      default:  // without weights
        break;
    }
    if (r.squeezed_channels > 0) {
      const std::int64_t channels = r.op == Op::kInvertedResidual ? r.hidden_channels : r.in_channels;
      total += cost::squeeze_excite(channels, r.squeezed_channels);
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

/// A shortcut adds the input of its first row to an output of the same shape.
constexpr bool shortcuts_fit(std::span<const Row> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto span = static_cast<std::size_t>(rows[i].shortcut);
    if (span == 0) continue;
    if (span > i + 1 || rows[i + 1 - span].in_channels != rows[i].out_channels) return false;
    for (std::size_t j = i + 1 - span; j <= i; ++j) {
      if (rows[j].stride != 1) return false;
    }
  }
  return true;
}

constexpr bool valid(const Table& t) {
  return channels_chain(t.rows, t.input) && shortcuts_fit(t.rows) &&
         count_multiply_adds(t.rows, t.input) == t.multiply_adds;
}

}  // namespace tandem::bench::shapes
