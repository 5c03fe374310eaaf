#include "bench/shapes/cliff_layer.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace tandem::bench::shapes {
namespace {

constexpr const char* kNames[] = {"depthwise",           "pointwise", "conv2d",      "separable", "inverted_residual",
                                  "activation",          "softmax",   "elementwise", "max_pool",  "average_pool",
                                  "global_average_pool", "nearest",   "linear"};

// True for a convolution or a pool with a window of its own.
bool has_window(const CliffLayer& l) {
  switch (l.op) {
    case CliffOp::kDepthwise:
    case CliffOp::kConv2d:
    case CliffOp::kSeparable:
    case CliffOp::kInvertedResidual:
    case CliffOp::kMaxPool:
    case CliffOp::kAveragePool:
      return true;
    default:
      return false;
  }
}
bool resizes(const CliffLayer& l) { return l.op == CliffOp::kNearest || l.op == CliffOp::kLinear; }
bool has_weights(const CliffLayer& l) { return l.op <= CliffOp::kInvertedResidual; }

std::int64_t outputs(std::int64_t size, int stride) { return (size + stride - 1) / stride; }

std::int64_t zeros(std::int64_t size, int kernel, int stride, int dilation) {
  const std::int64_t extent = std::int64_t{kernel - 1} * dilation + 1;
  return std::max<std::int64_t>((outputs(size, stride) - 1) * stride + extent - size, 0);
}

// Taps that lie inside the image, summed over all outputs of an axis.
double taps_inside(std::int64_t size, int kernel, int stride, int dilation) {
  const std::int64_t out = outputs(size, stride);
  const std::int64_t pad = zeros(size, kernel, stride, dilation) / 2;
  std::int64_t taps = 0;
  for (std::int64_t o = 0; o < out; ++o) {
    for (int k = 0; k < kernel; ++k) {
      const std::int64_t i = o * stride - pad + std::int64_t{k} * dilation;
      if (i >= 0 && i < size) ++taps;
    }
  }
  return static_cast<double>(taps);
}

// Channels before and after the depthwise stage.
int unfiltered_channels(const CliffLayer& l) {
  return l.op == CliffOp::kInvertedResidual ? l.hidden_channels : l.in_channels;
}
Shape output_shape(const CliffLayer& l) {
  const std::int64_t stride = has_window(l) ? l.stride : 1;
  const std::int64_t scale = resizes(l) ? l.scale : 1;
  if (l.op == CliffOp::kGlobalAveragePool) return {1, 1, 1, l.out_channels};
  return {1, scale * (l.height + stride - 1) / stride, scale * (l.width + stride - 1) / stride, l.out_channels};
}

}  // namespace

int filtered_channels(const CliffLayer& l) { return unfiltered_channels(l) * l.multiplier; }

std::int64_t weight_count(const CliffLayer& l) {
  const std::int64_t taps = std::int64_t{l.kernel_h} * l.kernel_w;
  const std::int64_t unfiltered = unfiltered_channels(l);
  const std::int64_t filtered = filtered_channels(l);
  switch (l.op) {
    case CliffOp::kDepthwise:
      return taps * filtered;
    case CliffOp::kConv2d:
      return taps * (l.in_channels / l.groups) * l.out_channels;
    case CliffOp::kSeparable:
      return (taps + l.out_channels) * filtered;
    case CliffOp::kInvertedResidual:
      return l.in_channels * unfiltered + (taps + l.out_channels) * filtered;
    case CliffOp::kPointwise:
      return std::int64_t{l.in_channels} * l.out_channels;
    default:
      return 0;
  }
}

std::string describe(const CliffLayer& l) {
  std::string text = kNames[static_cast<int>(l.op)];
  const auto add = [&](const char* before, int value) { text.append(before).append(std::to_string(value)); };
  if (has_window(l)) {
    add(" ", l.kernel_h);
    add("x", l.kernel_w);
  }
  if (l.stride != 1) add(" s", l.stride);
  if (l.dilation != 1) add(" d", l.dilation);
  add(" ", l.in_channels);
  if (l.op == CliffOp::kInvertedResidual) add("-", l.hidden_channels);
  if (has_weights(l) && (l.op != CliffOp::kDepthwise || l.multiplier != 1)) add("-", l.out_channels);
  add(", ", l.height);
  add("x", l.width);
  if (l.groups != 1) add(", groups ", l.groups);
  if (l.gap != 0) add(", gap ", l.gap);
  if (l.activation != 0 || l.op == CliffOp::kActivation) text.append(", ").append(kActivations[l.activation].name);
  if (l.op == CliffOp::kElementwise) text.append(", ").append(kOperands[l.operands].name);
  if (resizes(l) && l.scale != 2) add(", scale ", l.scale);
  return text;
}

Shape input_shape(const CliffLayer& l) { return {1, l.height, l.width, l.in_channels}; }

PixelStrides pixel_strides(const CliffLayer& l) {
  PixelStrides strides;
  strides.src = l.in_channels + l.gap;
  strides.dst = l.out_channels + l.gap;
  return strides;
}

bool takes_residual(const CliffLayer& l) { return l.op == CliffOp::kElementwise && !kOperands[l.operands].constant; }

double work(const CliffLayer& l) {
  const auto pixels = static_cast<double>(outputs(l.height, l.stride) * outputs(l.width, l.stride));
  const double window =
      taps_inside(l.height, l.kernel_h, l.stride, l.dilation) * taps_inside(l.width, l.kernel_w, l.stride, l.dilation);
  const double filtered = filtered_channels(l);
  switch (l.op) {
    case CliffOp::kDepthwise:
      return window * filtered;
    case CliffOp::kConv2d:
      return window * l.in_channels * l.out_channels / l.groups;
    case CliffOp::kSeparable:
      return (window + pixels * l.out_channels) * filtered;
    case CliffOp::kInvertedResidual:
      return 1.0 * l.height * l.width * l.in_channels * l.hidden_channels +
             (window + pixels * l.out_channels) * filtered;
    case CliffOp::kPointwise:
      return pixels * l.in_channels * l.out_channels;
    case CliffOp::kMaxPool:
    case CliffOp::kAveragePool:
      return window * l.in_channels;
    default:  // the greater of the elements read and written
      return static_cast<double>(std::max(input_shape(l).elements(), output_shape(l).elements()));
  }
}

double compulsory_bytes(const CliffLayer& l) {
  std::int64_t elements = input_shape(l).elements() + output_shape(l).elements() + weight_count(l);
  const bool whole = takes_residual(l) && !kOperands[l.operands].broadcast.h && !kOperands[l.operands].broadcast.c;
  if (whole) elements += input_shape(l).elements();
  return static_cast<double>(elements) * sizeof(float);
}

nlohmann::json to_json(const CliffLayer& l) {
  const std::int64_t pad_h = zeros(l.height, l.kernel_h, l.stride, l.dilation);
  const std::int64_t pad_w = zeros(l.width, l.kernel_w, l.stride, l.dilation);
  nlohmann::json object = {{"name", describe(l)},
                           {"op", nullptr},
                           {"input_nhwc", {1, l.height, l.width, l.in_channels}},
                           {"stride", {l.stride, l.stride}},
                           {"dilation", {l.dilation, l.dilation}},
                           {"pads_tlbr", {pad_h / 2, pad_w / 2, pad_h - pad_h / 2, pad_w - pad_w / 2}}};
  const std::int64_t groups = l.op == CliffOp::kDepthwise ? l.in_channels : l.groups;
  switch (l.op) {
    case CliffOp::kDepthwise:
    case CliffOp::kConv2d:
    case CliffOp::kPointwise: {
      const bool window = l.op != CliffOp::kPointwise;
      if (!window) object["pads_tlbr"] = {0, 0, 0, 0};
      object["groups"] = groups;
      object["filter_oihw"] = {l.out_channels, l.in_channels / groups, window ? l.kernel_h : 1,
                               window ? l.kernel_w : 1};
      if (l.activation == 0) object["op"] = "conv";
      break;
    }
    case CliffOp::kActivation:
      object["op"] = kActivations[l.activation].onnx;
      break;
    case CliffOp::kElementwise:
      object["op"] = kOperands[l.operands].operation == ElementwiseOperation::kAdd      ? "Add"
                     : kOperands[l.operands].operation == ElementwiseOperation::kDivide ? "Div"
                                                                                        : "Mul";
      object["second_nhwc"] = {1, kOperands[l.operands].constant || kOperands[l.operands].broadcast.h ? 1 : l.height,
                               kOperands[l.operands].constant || kOperands[l.operands].broadcast.w ? 1 : l.width,
                               kOperands[l.operands].broadcast.c ? 1 : l.in_channels};
      break;
    case CliffOp::kMaxPool:
    case CliffOp::kAveragePool:
      object["op"] = l.op == CliffOp::kMaxPool ? "MaxPool" : "AveragePool";
      object["kernel"] = {l.kernel_h, l.kernel_w};
      break;
    case CliffOp::kNearest:
    case CliffOp::kLinear:
      object["op"] = "Resize";
      object["mode"] = kNames[static_cast<int>(l.op)];
      object["scale"] = l.scale;
      break;
    case CliffOp::kSoftmax:
      object["op"] = "Softmax";
      break;
    case CliffOp::kGlobalAveragePool:
      object["op"] = "GlobalAveragePool";
      break;
    default:
      break;
  }
  return object;
}

}  // namespace tandem::bench::shapes
