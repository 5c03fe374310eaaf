// Turns a LayerSpec into the parameter structs of the library, and looks up its tensors.
#include "network/make_operator.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace network {
namespace {

using tandem::DataType;
using tandem::Operator;
using tandem::Result;
using tandem::Status;
using tandem::StatusCode;

constexpr const char* kSqueezeExcite = ".squeeze_excite";  // the stage of a block

tandem::DepthwiseParams depthwise_params(const LayerSpec& s, std::int32_t channels, const tandem::Activation& act) {
  tandem::DepthwiseParams p;
  p.channels = channels;
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  p.activation = act;
  return p;
}

tandem::PointwiseParams pointwise_params(std::int32_t in_channels, std::int32_t out_channels,
                                         const tandem::Activation& act) {
  tandem::PointwiseParams p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.activation = act;
  return p;
}

bool is_quantised(const LayerTypes& types) noexcept {
  return types.src.type == DataType::kU8 || types.src.type == DataType::kS8;
}

/// Of `channels` channels, from one tensor to another.
tandem::SqueezeExciteParams squeeze_excite_params(const LayerSpec& s, std::int32_t channels, std::int32_t reduced,
                                                  const LayerTypes& types, const tandem::TensorType& src,
                                                  const tandem::TensorType& dst) {
  tandem::SqueezeExciteParams p;
  p.channels = channels;
  p.reduced_channels = reduced;
  p.activation = s.squeeze_activation;
  p.gate = s.gate;
  set_types(p, types.src, types.weights);
  if (!is_quantised(types)) return p;
  p.src_type = src;
  p.mean_type = types.squeeze.mean;
  p.reduced_type = types.squeeze.reduced;
  p.hidden_type = types.squeeze.hidden;
  p.expanded_type = types.squeeze.expanded;
  p.gate_type = types.squeeze.gate;
  p.dst_type = dst;
  return p;
}

/// The squeeze-and-excite of a block.
std::optional<tandem::SqueezeExciteParams> inner_params(const LayerSpec& s, std::int32_t channels,
                                                        const LayerTypes& types) {
  if (s.squeezed_channels == 0) return std::nullopt;
  return squeeze_excite_params(s, channels, s.squeezed_channels, types, types.filtered, types.gated);
}

/// What the last stage of a quantised block reads.
const tandem::TensorType& before_last(const LayerSpec& s, const LayerTypes& types) noexcept {
  return s.squeezed_channels == 0 ? types.filtered : types.gated;
}

/// Of a layer of one stage, whose tensors may differ in type.
template <class Params>
Params with_types(Params p, const LayerTypes& types) {
  p.src_type = types.src;
  p.dst_type = types.dst;
  p.residual_type = types.residual;
  p.weight_type = types.weights;
  return p;
}

/// Of an operator without weights.
template <class Params>
Params without_weights(const LayerSpec& s, const LayerTypes& types) {
  Params p;
  p.channels = s.in_channels;
  p.src_type = types.src;
  p.dst_type = types.dst;
  return p;
}

template <class Params>
Params conv2d_params(const LayerSpec& s, const LayerTypes& types) {
  Params p;
  p.in_channels = s.in_channels;
  p.out_channels = s.out_channels;
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  p.activation = s.activation;
  p.residual = takes_residual(s);
  return with_types(p, types);
}

Result<Operator> create(const LayerSpec& s, LayerWeights& w, const LayerTypes& types,
                        const tandem::CreateOptions& options) {
  switch (s.op) {
    case Op::kConv2d:
      return Operator::conv2d(conv2d_params<tandem::Conv2dParams>(s, types), w.stage("", s.layout), options);
    case Op::kConvTranspose2d:
      return Operator::conv_transpose2d(conv2d_params<tandem::ConvTranspose2dParams>(s, types), w.stage("", s.layout),
                                        options);
    case Op::kDepthwise: {
      tandem::DepthwiseParams p = depthwise_params(s, s.in_channels, s.activation);
      p.residual = takes_residual(s);
      return Operator::depthwise(with_types(p, types), w.stage("", s.depthwise_layout), options);
    }
    case Op::kPointwise: {
      tandem::PointwiseParams p = pointwise_params(s.in_channels, s.out_channels, s.activation);
      p.residual = takes_residual(s);
      return Operator::pointwise(with_types(p, types), w.stage("", s.layout), options);
    }
    case Op::kSeparable: {
      tandem::SeparableParams p;
      p.depthwise = depthwise_params(s, s.in_channels, s.hidden_activation);
      p.pointwise = pointwise_params(s.in_channels, s.out_channels, s.activation);
      p.pointwise.residual = takes_residual(s);
      set_types(p, types.src, types.weights);
      if (is_quantised(types)) {
        p.depthwise.dst_type = types.filtered;
        p.pointwise.src_type = before_last(s, types);
        p.pointwise.dst_type = types.dst;
      }
      p.squeeze_excite = inner_params(s, s.in_channels, types);
      const tandem::Weights depthwise = w.stage(".depthwise", s.depthwise_layout, s.in_channels, types.src);
      const tandem::Weights pointwise = w.stage(".pointwise", s.layout, s.out_channels, before_last(s, types));
      if (!p.squeeze_excite) return Operator::separable(p, depthwise, pointwise, options);
      return Operator::separable(p, depthwise,
                                 w.squeeze_excite(kSqueezeExcite, s.layout, s.in_channels, s.squeezed_channels),
                                 pointwise, options);
    }
    case Op::kInvertedResidual: {
      tandem::InvertedResidualParams p;
      p.expand = pointwise_params(s.in_channels, s.hidden_channels, s.hidden_activation);
      p.depthwise = depthwise_params(s, s.hidden_channels, s.hidden_activation);
      p.project = pointwise_params(s.hidden_channels, s.out_channels, s.activation);
      p.residual = s.shortcut == 1;
      set_types(p, types.src, types.weights);
      if (is_quantised(types)) {
        p.expand.dst_type = p.depthwise.src_type = types.expanded;
        p.depthwise.dst_type = types.filtered;
        p.project.src_type = before_last(s, types);
        p.project.dst_type = types.projected;
        p.sum_type = types.dst;
      }
      p.squeeze_excite = inner_params(s, s.hidden_channels, types);
      const tandem::Weights expand = w.stage(".expand", s.layout, s.hidden_channels, types.src);
      const tandem::Weights depthwise = w.stage(".depthwise", s.depthwise_layout, s.hidden_channels, types.expanded);
      const tandem::Weights project = w.stage(".project", s.layout, s.out_channels, before_last(s, types));
      if (!p.squeeze_excite) return Operator::inverted_residual(p, expand, depthwise, project, options);
      return Operator::inverted_residual(
          p, expand, depthwise, w.squeeze_excite(kSqueezeExcite, s.layout, s.hidden_channels, s.squeezed_channels),
          project, options);
    }
    case Op::kGlobalAveragePool: {
      auto p = without_weights<tandem::GlobalAveragePoolParams>(s, types);
      p.activation = s.activation;
      return Operator::global_average_pool(p, options);
    }
    case Op::kFullyConnected: {
      tandem::FullyConnectedParams p;
      p.in_features = s.in_channels;
      p.out_features = s.out_channels;
      p.activation = s.activation;
      p.residual = takes_residual(s);
      return Operator::fully_connected(with_types(p, types), w.stage("", s.layout), options);
    }
    case Op::kSqueezeExcite: {
      const tandem::SqueezeExciteWeights weights = w.squeeze_excite("", s.layout, s.in_channels, s.hidden_channels);
      return Operator::squeeze_excite(
          squeeze_excite_params(s, s.in_channels, s.hidden_channels, types, types.src, types.dst), weights.reduce,
          weights.expand, options);
    }
    case Op::kAdd: {
      auto p = without_weights<tandem::ElementwiseParams>(s, types);
      p.residual_type = types.residual;
      p.activation = s.activation;
      return Operator::elementwise(p, options);
    }
    case Op::kMultiply: {  // the layer's own input is the second operand
      auto p = without_weights<tandem::ElementwiseParams>(s, types);
      p.operation = tandem::ElementwiseOperation::kMultiply;
      p.broadcast.h = p.broadcast.w = true;
      p.src_type = types.residual;
      p.residual_type = types.src;
      p.activation = s.activation;
      return Operator::elementwise(p, options);
    }
    case Op::kActivation: {
      auto p = without_weights<tandem::ActivationParams>(s, types);
      p.activation = s.activation;
      return Operator::activation(p, options);
    }
    case Op::kQuantize:
      return Operator::quantize(without_weights<tandem::QuantizeParams>(s, types), options);
    case Op::kDequantize:
      return Operator::dequantize(without_weights<tandem::DequantizeParams>(s, types), options);
  }
  return Status(StatusCode::kInvalidArgument, "unknown op " + std::to_string(static_cast<int>(s.op)));
}

}  // namespace

Status in_layer(const LayerSpec& spec, const Status& status) {
  return {status.code(), "layer '" + spec.name + "': " + status.message()};
}

bool takes_residual(const LayerSpec& spec) noexcept { return spec.shortcut > 0 && spec.op != Op::kInvertedResidual; }

bool is_clamp(const tandem::Activation& activation) noexcept {
  return activation.kind == tandem::Activation::Kind::kClamp && activation.scale.size == 0 &&
         activation.shift.size == 0;
}

bool has_quantised_form(const LayerSpec& spec) noexcept {
  switch (spec.op) {
    case Op::kConv2d:
    case Op::kConvTranspose2d:
    case Op::kDepthwise:
    case Op::kPointwise:
    case Op::kFullyConnected:
      return spec.shortcut == 0 && is_clamp(spec.activation);
    case Op::kSeparable:
      return spec.shortcut == 0 && is_clamp(spec.activation) && is_clamp(spec.hidden_activation);
    case Op::kInvertedResidual:
      return is_clamp(spec.activation) && is_clamp(spec.hidden_activation);
    case Op::kGlobalAveragePool:
    case Op::kAdd:
    case Op::kMultiply:
      return is_clamp(spec.activation);
    case Op::kSqueezeExcite:
    case Op::kActivation:
    case Op::kQuantize:
    case Op::kDequantize:
      return true;
  }
  return false;
}

Result<Operator> make_operator(const LayerSpec& spec, const WeightSource& source, const LayerTypes& types,
                               const tandem::CreateOptions& options) {
  if (is_quantised(types) && !has_quantised_form(spec)) {
    return in_layer(
        spec, Status(StatusCode::kUnsupported,
                     std::string(to_string(spec.op)) + " with this activation and residual has no quantised form"));
  }
  LayerWeights weights(spec, source, types);
  Result<Operator> op = create(spec, weights, types, options);
  if (!weights.status().ok()) return in_layer(spec, weights.status());
  if (!op) return in_layer(spec, op.status());
  return op;
}

}  // namespace network
