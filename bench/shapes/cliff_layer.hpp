// One point of cliff_bench: a layer of any operator as a struct of plain numbers, which an axis can change one by one.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tandem/tandem.hpp"

namespace tandem::bench::shapes {

enum class CliffOp {
  kDepthwise,
  kPointwise,
  kConv2d,
  kSeparable,
  kInvertedResidual,
  kActivation,
  kSoftmax,
  kElementwise,
  kMaxPool,
  kAveragePool,
  kGlobalAveragePool,
  kNearest,  // resizing
  kLinear,
};

/// A layer with SAME padding, on one image of height x width.
struct CliffLayer {
  CliffOp op;
  int in_channels, hidden_channels, out_channels;  // hidden: of an inverted residual
  int height, width;
  int kernel_h = 3, kernel_w = 3;
  int stride = 1;
  int dilation = 1;
  int multiplier = 1;  // depthwise: out_channels / in_channels
  int groups = 1;      // regular
  int gap = 0;         // floats between the pixels of input and output
  int activation = 0;  // of every stage: an index of kActivations
  int operands = 0;    // of an element-wise operation: an index of kOperands
  int scale = 2;       // of resizing
};

struct NamedActivation {
  const char* name;
  const char* onnx;  // the operator that computes it
  Activation activation;
};
inline constexpr NamedActivation kActivations[] = {
    {"relu6", "Clip", Activation::relu6()},
    {"leaky relu", "LeakyRelu", Activation::leaky_relu(0.1F)},
    {"prelu", "PRelu", Activation::prelu({})},  // make_operator() gives it slopes
    {"hard sigmoid", "HardSigmoid", Activation::hard_sigmoid()},
    {"hard swish", "HardSwish", Activation::hard_swish()},
    {"sigmoid", "Sigmoid", Activation::sigmoid()},
    {"silu", "Swish", Activation::silu()},
    {"tanh", "Tanh", Activation::tanh()},
    {"gelu", "Gelu", Activation::gelu()},
    {"gelu tanh", "GeluTanh", Activation::gelu_tanh()},
};

/// The second operand of an element-wise operation.
struct NamedOperands {
  const char* name;
  ElementwiseOperation operation;
  bool constant;  // by channel; else a tensor
  Broadcast broadcast;
};
inline constexpr NamedOperands kOperands[] = {
    {"add a tensor", ElementwiseOperation::kAdd, false, {}},
    {"divide by a tensor", ElementwiseOperation::kDivide, false, {}},
    {"multiply by constants", ElementwiseOperation::kMultiply, true, {}},
    {"multiply by a gate", ElementwiseOperation::kMultiply, false, {false, true, true, false}},
    {"multiply by a mask", ElementwiseOperation::kMultiply, false, {false, false, false, true}},
};

/// E.g. "depthwise 3x3 96, 28x28", "inverted_residual 5x5 s2 d3 24-144-24, 28x28".
[[nodiscard]] std::string describe(const CliffLayer& layer);

/// Channels after the depthwise stage, if there is one.
[[nodiscard]] int filtered_channels(const CliffLayer& layer);
/// Number of weights in the filters of all stages.
[[nodiscard]] std::int64_t weight_count(const CliffLayer& layer);

/// An operator for the layer, with random weights.
[[nodiscard]] Result<Operator> make_operator(const CliffLayer& layer, const CreateOptions& options = {});
[[nodiscard]] Shape input_shape(const CliffLayer& layer);
[[nodiscard]] PixelStrides pixel_strides(const CliffLayer& layer);
/// True if a run also takes RunArgs::residual, the second operand.
[[nodiscard]] bool takes_residual(const CliffLayer& layer);

/// Multiply-adds with input pixels; of the operators without weights the elements that they look at. Padding does not
/// count, since a kernel wider than the map has mostly padding.
[[nodiscard]] double work(const CliffLayer& layer);
/// Input, output and weights, each once.
[[nodiscard]] double compulsory_bytes(const CliffLayer& layer);

/// For bench/peers/cliffs.py. A convolution is an object like those in corpus/layers.json; any other operator names the
/// operator of ONNX that computes the same. "op" is null for what bench/peers/cliffs.py cannot run: blocks, and
/// convolutions with another activation than relu6.
[[nodiscard]] nlohmann::json to_json(const CliffLayer& layer);

}  // namespace tandem::bench::shapes
