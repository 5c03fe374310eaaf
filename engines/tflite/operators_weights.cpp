// Convolutions and matrix products.
#include <tensorflow/lite/builtin_ops.h>

#include "engines/tflite/operators.hpp"

namespace tandem_tflite {
namespace {

using tandem::FilterLayout;
using tandem::Padding;
using tandem::graph::ConvAttributes;
using tandem::graph::ConvTransposeAttributes;
using tandem::graph::Dims;
using tandem::graph::kNoValue;
using tandem::graph::kUnknown;
using tandem::graph::MatMulAttributes;
using tandem::graph::Op;
using tandem::graph::ReshapeAttributes;
using tandem::graph::ValueId;

Padding padding_of(TfLitePadding padding) {
  if (padding == kTfLitePaddingSame) return Padding::same();
  if (padding == kTfLitePaddingValid) return Padding::valid();
  throw Unsupported{"its padding is neither SAME nor VALID"};
}

void check_filter(const Dims& filter) {
  if (filter.size() != 4) throw Unsupported{"its filter has not 4 axes"};
  for (const std::int64_t size : filter) {
    if (size < 1) throw Unsupported{"a size of its filter is not known"};
  }
}

// The channels of an image, [N, H, W, C].
std::int64_t channels_of(const Dims& image) {
  if (image.size() != 4 || image[3] < 1) throw Unsupported{"the number of input channels is not known"};
  return image[3];
}

// Without the empty bias of an optional input.
std::vector<ValueId> with_bias(const NodeReader& node, ValueId x, ValueId filter, std::size_t bias) {
  std::vector<ValueId> reads{x, filter};
  if (node.input(bias) != kNoValue) reads.push_back(node.input(bias));
  return reads;
}

// What both kinds of parameters have. Groups and layout of the filter are for the caller to set.
template <class Parameters>
ConvAttributes attributes_of(const Parameters& p) {
  ConvAttributes a;
  a.stride_h = p.stride_height;
  a.stride_w = p.stride_width;
  a.dilation_h = p.dilation_height_factor;
  a.dilation_w = p.dilation_width_factor;
  a.padding = padding_of(p.padding);
  a.activation = activation_of(p.activation);
  return a;
}

// Filter [M, KH, KW, C / groups].
void convolution(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteConvParams>();
  const std::int64_t channels = channels_of(node.dims(0));
  check_filter(node.dims(1));
  const std::int64_t of_group = node.dims(1)[3];
  if (channels % of_group != 0) throw Unsupported{"its filter does not fit its input"};
  ConvAttributes a = attributes_of(p);
  a.groups = static_cast<std::int32_t>(channels / of_group);
  a.filter_layout = FilterLayout::kOhwi;
  node.write(Op::kConv, with_bias(node, node.input(0), node.input(1), 2), a);
}

// Filter [1, KH, KW, C * multiplier].
void depthwise(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteDepthwiseConvParams>();
  const std::int64_t channels = channels_of(node.dims(0));
  check_filter(node.dims(1));
  if (node.dims(1)[3] % channels != 0) throw Unsupported{"its filter does not fit its input"};
  ConvAttributes a = attributes_of(p);
  a.groups = static_cast<std::int32_t>(channels);
  a.filter_layout = FilterLayout::k1hwc;
  node.write(Op::kConv, with_bias(node, node.input(0), node.input(1), 2), a);
}

// Inputs: output shape, filter [M, KH, KW, C], x, [bias].
void transposed_convolution(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteTransposeConvParams>();
  const std::vector<std::int64_t> shape = node.integers(0, "output shape");
  check_filter(node.dims(1));
  if (shape.size() != 4 || shape[1] < 1 || shape[2] < 1) throw Unsupported{"its output shape has not 4 sizes"};
  ConvTransposeAttributes a;
  a.stride_h = p.stride_height;
  a.stride_w = p.stride_width;
  a.padding = padding_of(p.padding);
  a.output_h = static_cast<std::int32_t>(shape[1]);
  a.output_w = static_cast<std::int32_t>(shape[2]);
  a.filter_layout = FilterLayout::kOhwi;
  if (node.version() >= 4) a.activation = activation_of(p.activation);
  node.write(Op::kConvTranspose, with_bias(node, node.input(2), node.input(1), 3), a);
}

// Filter [M, K]. Without keep_num_dims the input is taken as rows of K elements, whatever its axes.
void fully_connected(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteFullyConnectedParams>();
  if (p.weights_format != kTfLiteFullyConnectedWeightsFormatDefault) {
    throw Unsupported{"its weights have a format of their own"};
  }
  const Dims x = node.dims(0), filter = node.dims(1);
  if (filter.size() != 2 || filter[1] < 1) throw Unsupported{"its filter has not 2 axes"};
  ValueId rows = node.input(0);
  if (!p.keep_num_dims && (x.size() != 2 || x[1] != filter[1])) {
    rows = node.step(Op::kReshape, {rows}, {kUnknown, filter[1]}, ReshapeAttributes{true, {kUnknown, filter[1]}});
  }
  MatMulAttributes a;
  a.filter_transposed = true;
  a.activation = activation_of(p.activation);
  node.write(Op::kMatMul, with_bias(node, rows, node.input(1), 2), a);
}

constexpr Translation kTranslations[] = {
    {kTfLiteBuiltinConv2d, convolution},
    {kTfLiteBuiltinDepthwiseConv2d, depthwise},
    {kTfLiteBuiltinFullyConnected, fully_connected},
    {kTfLiteBuiltinTransposeConv, transposed_convolution},
};

}  // namespace

std::span<const Translation> weight_translations() noexcept { return kTranslations; }

}  // namespace tandem_tflite
