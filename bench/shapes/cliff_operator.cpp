// The operators of the layers of cliff_bench.
#include <vector>

#include "bench/common/random.hpp"
#include "bench/shapes/cliff_layer.hpp"

namespace tandem::bench::shapes {
namespace {

std::vector<float> random_values(std::int64_t count, std::uint32_t seed) {
  std::vector<float> values(static_cast<std::size_t>(count));
  fill_uniform(values.data(), values.size(), 0.1F, seed);
  return values;
}

Activation activation(const CliffLayer& l, int channels) {
  Activation a = kActivations[l.activation].activation;
  if (a.kind == Activation::Kind::kPrelu) {
    static const std::vector<float> slopes(std::size_t{1} << 14, 0.1F);
    a.slopes = {slopes.data(), static_cast<std::size_t>(channels)};
  }
  return a;
}

template <class Params>
void set_window(Params& p, const CliffLayer& l) {
  p.kernel_h = l.kernel_h;
  p.kernel_w = l.kernel_w;
  p.stride_h = p.stride_w = l.stride;
  p.dilation_h = p.dilation_w = l.dilation;
  p.padding = Padding::same();
}

DepthwiseParams depthwise_params(const CliffLayer& l, int channels) {
  DepthwiseParams p;
  p.channels = channels;
  p.multiplier = l.multiplier;
  p.activation = activation(l, channels * l.multiplier);
  set_window(p, l);
  return p;
}

PointwiseParams pointwise_params(const CliffLayer& l, int in_channels, int out_channels) {
  PointwiseParams p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.activation = activation(l, out_channels);
  return p;
}

ElementwiseParams elementwise_params(const CliffLayer& l, const std::vector<float>& constants) {
  const NamedOperands& operands = kOperands[l.operands];
  ElementwiseParams p;
  p.channels = l.in_channels;
  p.operation = operands.operation;
  p.broadcast = operands.broadcast;
  if (operands.constant) p.constants = constants;
  return p;
}

template <class Params>
Params pool_params(const CliffLayer& l) {
  Params p;
  p.channels = l.in_channels;
  set_window(p, l);
  return p;
}

ResizeParams resize_params(const CliffLayer& l) {
  ResizeParams p;
  p.channels = l.in_channels;
  p.mode = l.op == CliffOp::kNearest ? ResizeMode::kNearest : ResizeMode::kLinear;
  p.coordinates = l.op == CliffOp::kNearest ? CoordinateMode::kAsymmetric : CoordinateMode::kHalfPixel;
  p.rounding = NearestRounding::kFloor;
  p.scale_h = p.scale_w = static_cast<float>(l.scale);
  return p;
}

}  // namespace

Result<Operator> make_operator(const CliffLayer& l, const CreateOptions& options) {
  const std::int64_t filtered = filtered_channels(l);
  const std::vector<float> window = random_values(l.kernel_h * l.kernel_w * filtered, 1);
  switch (l.op) {
    case CliffOp::kDepthwise:
      return Operator::depthwise(depthwise_params(l, l.in_channels), {window}, options);
    case CliffOp::kPointwise:
      return Operator::pointwise(pointwise_params(l, l.in_channels, l.out_channels),
                                 {random_values(weight_count(l), 2)}, options);
    case CliffOp::kConv2d: {
      Conv2dParams p;
      p.in_channels = l.in_channels;
      p.out_channels = l.out_channels;
      p.groups = l.groups;
      p.activation = activation(l, l.out_channels);
      set_window(p, l);
      return Operator::conv2d(p, {random_values(weight_count(l), 2)}, options);
    }
    case CliffOp::kSeparable: {
      SeparableParams p;
      p.depthwise = depthwise_params(l, l.in_channels);
      p.pointwise = pointwise_params(l, filtered_channels(l), l.out_channels);
      return Operator::separable(p, {window}, {random_values(filtered * l.out_channels, 2)}, options);
    }
    case CliffOp::kInvertedResidual: {
      InvertedResidualParams p;
      p.expand = pointwise_params(l, l.in_channels, l.hidden_channels);
      p.depthwise = depthwise_params(l, l.hidden_channels);
      p.project = pointwise_params(l, filtered_channels(l), l.out_channels);
      return Operator::inverted_residual(p, {random_values(std::int64_t{l.in_channels} * l.hidden_channels, 2)},
                                         {window}, {random_values(filtered * l.out_channels, 3)}, options);
    }
    case CliffOp::kActivation:
      return Operator::activation({l.in_channels, activation(l, l.in_channels)}, options);
    case CliffOp::kSoftmax:
      return Operator::softmax({l.in_channels}, options);
    case CliffOp::kElementwise:
      return Operator::elementwise(elementwise_params(l, random_values(l.in_channels, 1)), options);
    case CliffOp::kMaxPool:
      return Operator::max_pool(pool_params<MaxPoolParams>(l), options);
    case CliffOp::kAveragePool:
      return Operator::average_pool(pool_params<AveragePoolParams>(l), options);
    case CliffOp::kGlobalAveragePool:
      return Operator::global_average_pool({l.in_channels, {}}, options);
    default:
      return Operator::resize(resize_params(l), options);
  }
}

}  // namespace tandem::bench::shapes
