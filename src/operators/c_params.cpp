// Parameters and weights of the C interface, translated.
#include <optional>

#include "src/operators/c_struct_size.hpp"
#include "src/operators/c_structs.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

TensorType of(const tandem_tensor_type& t) noexcept {
  return {static_cast<DataType>(value_of(t.type)), {t.scale == 0.0F ? 1.0F : t.scale, t.zero_point}};
}
DataType of(const tandem_data_type& type) noexcept { return static_cast<DataType>(value_of(type)); }
ResidualOrder of(const tandem_residual_order& order) noexcept { return static_cast<ResidualOrder>(value_of(order)); }
Padding of(const tandem_padding& p) noexcept {
  return {static_cast<Padding::Mode>(value_of(p.mode)), p.top, p.bottom, p.left, p.right};
}

// C has one more kind than C++, its first, so that zeros mean no activation.
Status read(const char* what, const tandem_activation& a, const tandem_affine& affine, Activation& cpp) noexcept {
  const std::int32_t kind = value_of(a.kind);
  const FloatSpan scale(affine.scale, affine.scale_count);
  const FloatSpan shift(affine.shift, affine.shift_count);
  cpp = Activation::none().with_affine(scale, shift);
  if (kind == TANDEM_ACTIVATION_NONE) return {};
  if (kind < 0 || kind > TANDEM_ACTIVATION_GELU_TANH) {
    return error(StatusCode::kInvalidArgument, "%s is of kind %d; they go from %d to %d", what, kind,
                 TANDEM_ACTIVATION_NONE, TANDEM_ACTIVATION_GELU_TANH);
  }
  cpp = Activation::clamp(a.lo, a.hi).with_affine(scale, shift);
  cpp.kind = static_cast<Activation::Kind>(kind - TANDEM_ACTIVATION_CLAMP);
  cpp.alpha = a.alpha;
  cpp.beta = a.beta;
  cpp.slopes = {a.slopes, a.slope_count};
  return {};
}

// A struct ends with a member that has no use yet.
Status check_reserved(const char* what, std::int32_t reserved) noexcept {
  if (reserved == 0) return {};
  return error(StatusCode::kInvalidArgument, "%s has %d in reserved, expected 0", what, reserved);
}

// The rounding and the member after it.
template <class Given, class Params>
Status read_rounding(const char* what, const Given& p, Params& cpp) noexcept {
  cpp.rounding = static_cast<Rounding>(value_of(p.rounding));
  return check_reserved(what, p.reserved);
}

// The members that all stages with weights have.
template <class Given, class Params>
Status read_stage(const char* what, const Given& p, Params& cpp) noexcept {
  const Status status = read_rounding(what, p, cpp);
  if (!status.ok()) return status;
  cpp.residual = p.residual;
  cpp.residual_order = of(p.residual_order);
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  cpp.residual_type = of(p.residual_type);
  cpp.weight_type = of(p.weight_type);
  return read("activation", p.activation, p.affine, cpp.activation);
}

template <class Given, class Params>
void read_window(const Given& p, Params& cpp) noexcept {
  cpp.kernel_h = p.kernel_h;
  cpp.kernel_w = p.kernel_w;
  cpp.stride_h = p.stride_h;
  cpp.stride_w = p.stride_w;
  cpp.dilation_h = p.dilation_h;
  cpp.dilation_w = p.dilation_w;
  cpp.padding = of(p.padding);
}

template <class Given, class Params>
Status read_convolution(const char* what, const Given& p, Params& cpp) noexcept {
  read_window(p, cpp);
  return read_stage(what, p, cpp);
}

template <class Given, class Params>
Status read_pool(const Given& p, Params& cpp) noexcept {
  read_window(p, cpp);
  cpp.channels = p.channels;
  cpp.ceil_mode = p.ceil_mode;
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  return read("activation", p.activation, p.affine, cpp.activation);
}

}  // namespace

Status read(const char* what, const tandem_weights* given, Weights& cpp) noexcept {
  tandem_weights w = tandem_weights_init(nullptr, 0, nullptr, 0);
  const Status status = read_struct(what, given, offsetof(tandem_weights, filter_type), w);
  cpp.filter = {of(w.filter_type), w.filter, w.filter_count};
  cpp.layout = static_cast<FilterLayout>(value_of(w.layout));
  cpp.bias = {of(w.bias_type), w.bias, w.bias_count};
  cpp.scales = {w.scales, w.scale_count};
  return status;
}

Status read(const char* what, const tandem_conv2d_params* given, Conv2dParams& cpp) noexcept {
  tandem_conv2d_params p = tandem_conv2d_params_init(0, 0, 1);
  const Status status = read_struct(what, given, offsetof(tandem_conv2d_params, kernel_h), p);
  if (!status.ok()) return status;
  cpp.in_channels = p.in_channels;
  cpp.out_channels = p.out_channels;
  cpp.groups = p.groups;
  return read_convolution(what, p, cpp);
}

Status read(const char* what, const tandem_conv_transpose2d_params* given, ConvTranspose2dParams& cpp) noexcept {
  tandem_conv_transpose2d_params p = tandem_conv_transpose2d_params_init(0, 0, 1, 1);
  const Status status = read_struct(what, given, offsetof(tandem_conv_transpose2d_params, kernel_h), p);
  if (!status.ok()) return status;
  cpp.in_channels = p.in_channels;
  cpp.out_channels = p.out_channels;
  cpp.groups = p.groups;
  cpp.output_padding_h = p.output_padding_h;
  cpp.output_padding_w = p.output_padding_w;
  cpp.output_h = p.output_h;
  cpp.output_w = p.output_w;
  return read_convolution(what, p, cpp);
}

Status read(const char* what, const tandem_depthwise_params* given, DepthwiseParams& cpp) noexcept {
  tandem_depthwise_params p = tandem_depthwise_params_init(0);
  const Status status = read_struct(what, given, offsetof(tandem_depthwise_params, kernel_h), p);
  if (!status.ok()) return status;
  cpp.channels = p.channels;
  cpp.multiplier = p.multiplier;
  return read_convolution(what, p, cpp);
}

Status read(const char* what, const tandem_pointwise_params* given, PointwiseParams& cpp) noexcept {
  tandem_pointwise_params p = tandem_pointwise_params_init(0, 0);
  const Status status = read_struct(what, given, offsetof(tandem_pointwise_params, stride_h), p);
  if (!status.ok()) return status;
  cpp.in_channels = p.in_channels;
  cpp.out_channels = p.out_channels;
  cpp.stride_h = p.stride_h;
  cpp.stride_w = p.stride_w;
  return read_stage(what, p, cpp);
}

namespace {

// The squeeze-and-excite of a block, which may have none.
Status read_inner(const tandem_squeeze_excite_params* given, std::optional<SqueezeExciteParams>& cpp) noexcept {
  if (given == nullptr) return {};
  return internal::read("params->squeeze_excite", given, cpp.emplace());
}

}  // namespace

Status read(const char* what, const tandem_separable_params* given, SeparableParams& cpp) noexcept {
  tandem_separable_params p = tandem_separable_params_init(nullptr, nullptr);
  const Status status = read_struct(what, given, offsetof(tandem_separable_params, squeeze_excite), p);
  if (!status.ok()) return status;
  const Status depthwise = read("params->depthwise", p.depthwise, cpp.depthwise);
  if (!depthwise.ok()) return depthwise;
  const Status inner = read_inner(p.squeeze_excite, cpp.squeeze_excite);
  return inner.ok() ? read("params->pointwise", p.pointwise, cpp.pointwise) : inner;
}

Status read(const char* what, const tandem_inverted_residual_params* given, InvertedResidualParams& cpp) noexcept {
  tandem_inverted_residual_params p = tandem_inverted_residual_params_init(nullptr, nullptr, nullptr);
  const Status status = read_struct(what, given, offsetof(tandem_inverted_residual_params, squeeze_excite), p);
  if (!status.ok()) return status;
  const Status reserved = check_reserved(what, p.reserved);
  if (!reserved.ok()) return reserved;
  cpp.residual = p.residual;
  cpp.sum_type = of(p.sum_type);
  const Status expand = read("params->expand", p.expand, cpp.expand);
  if (!expand.ok()) return expand;
  const Status depthwise = read("params->depthwise", p.depthwise, cpp.depthwise);
  if (!depthwise.ok()) return depthwise;
  const Status inner = read_inner(p.squeeze_excite, cpp.squeeze_excite);
  return inner.ok() ? read("params->project", p.project, cpp.project) : inner;
}

Status read(const char* what, const tandem_global_average_pool_params* given, GlobalAveragePoolParams& cpp) noexcept {
  tandem_global_average_pool_params p = tandem_global_average_pool_params_init(0);
  const Status status = read_struct(what, given, offsetof(tandem_global_average_pool_params, activation), p);
  if (!status.ok()) return status;
  const Status rounding = read_rounding(what, p, cpp);
  if (!rounding.ok()) return rounding;
  cpp.channels = p.channels;
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  return read("activation", p.activation, p.affine, cpp.activation);
}

Status read(const char* what, const tandem_fully_connected_params* given, FullyConnectedParams& cpp) noexcept {
  tandem_fully_connected_params p = tandem_fully_connected_params_init(0, 0);
  const Status status = read_struct(what, given, offsetof(tandem_fully_connected_params, activation), p);
  if (!status.ok()) return status;
  cpp.in_features = p.in_features;
  cpp.out_features = p.out_features;
  return read_stage(what, p, cpp);
}

Status read(const char* what, const tandem_squeeze_excite_params* given, SqueezeExciteParams& cpp) noexcept {
  tandem_squeeze_excite_params p = tandem_squeeze_excite_params_init(0, 0);
  Status status = read_struct(what, given, offsetof(tandem_squeeze_excite_params, weight_type), p);
  if (!status.ok()) return status;
  cpp.channels = p.channels;
  cpp.reduced_channels = p.reduced_channels;
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  cpp.weight_type = of(p.weight_type);
  cpp.mean_type = of(p.mean_type);
  cpp.reduced_type = of(p.reduced_type);
  cpp.hidden_type = of(p.hidden_type);
  cpp.expanded_type = of(p.expanded_type);
  cpp.gate_type = of(p.gate_type);
  cpp.rounding = static_cast<Rounding>(value_of(p.rounding));
  status = read("activation", p.activation, p.activation_affine, cpp.activation);
  return status.ok() ? read("gate", p.gate, p.gate_affine, cpp.gate) : status;
}

Status read(const char* what, const tandem_convert_layout_params* given, ConvertLayoutParams& cpp) noexcept {
  tandem_convert_layout_params p = tandem_convert_layout_params_init(0, TANDEM_NCHW_TO_NHWC);
  const Status status = read_struct(what, given, offsetof(tandem_convert_layout_params, type), p);
  if (!status.ok()) return status;
  const Status reserved = check_reserved(what, p.reserved);
  if (!reserved.ok()) return reserved;
  cpp.channels = p.channels;
  cpp.conversion = static_cast<LayoutConversion>(value_of(p.conversion));
  cpp.type = of(p.type);
  return {};
}

Status read(const char* what, const tandem_max_pool_params* given, MaxPoolParams& cpp) noexcept {
  tandem_max_pool_params p = tandem_max_pool_params_init(0, 1, 1);
  const Status status = read_struct(what, given, offsetof(tandem_max_pool_params, kernel_h), p);
  return status.ok() ? read_pool(p, cpp) : status;
}

Status read(const char* what, const tandem_average_pool_params* given, AveragePoolParams& cpp) noexcept {
  tandem_average_pool_params p = tandem_average_pool_params_init(0, 1, 1);
  const Status status = read_struct(what, given, offsetof(tandem_average_pool_params, kernel_h), p);
  if (!status.ok()) return status;
  const Status rounding = read_rounding(what, p, cpp);
  if (!rounding.ok()) return rounding;
  cpp.count_include_pad = p.count_include_pad;
  return read_pool(p, cpp);
}

Status read(const char* what, const tandem_resize_params* given, ResizeParams& cpp) noexcept {
  tandem_resize_params p = tandem_resize_params_init(0, TANDEM_RESIZE_NEAREST, 0, 0);
  const Status status = read_struct(what, given, offsetof(tandem_resize_params, src_type), p);
  if (!status.ok()) return status;
  cpp.channels = p.channels;
  cpp.mode = static_cast<ResizeMode>(value_of(p.mode));
  cpp.coordinates = static_cast<CoordinateMode>(value_of(p.coordinates));
  cpp.rounding = static_cast<NearestRounding>(value_of(p.rounding));
  cpp.output_h = p.output_h;
  cpp.output_w = p.output_w;
  cpp.scale_h = p.scale_h;
  cpp.scale_w = p.scale_w;
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  return {};
}

Status read(const char* what, const tandem_elementwise_params* given, ElementwiseParams& cpp) noexcept {
  tandem_elementwise_params p = tandem_elementwise_params_init(0, TANDEM_ADD);
  const Status status = read_struct(what, given, offsetof(tandem_elementwise_params, activation), p);
  if (!status.ok()) return status;
  const Status rounding = read_rounding(what, p, cpp);
  if (!rounding.ok()) return rounding;
  cpp.channels = p.channels;
  cpp.operation = static_cast<ElementwiseOperation>(value_of(p.operation));
  cpp.constants = {p.constants, p.constant_count};
  cpp.broadcast = {p.broadcast_n, p.broadcast_h, p.broadcast_w, p.broadcast_c};
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  cpp.residual_type = of(p.residual_type);
  return read("activation", p.activation, p.affine, cpp.activation);
}

Status read(const char* what, const tandem_activation_params* given, ActivationParams& cpp) noexcept {
  tandem_activation_params p = tandem_activation_params_init(0, tandem_activation_none());
  const Status status = read_struct(what, given, offsetof(tandem_activation_params, src_type), p);
  if (!status.ok()) return status;
  cpp.channels = p.channels;
  cpp.table = p.table;
  cpp.src_type = of(p.src_type);
  cpp.dst_type = of(p.dst_type);
  return read("activation", p.activation, p.affine, cpp.activation);
}

Status read(const char* what, const tandem_softmax_params* given, SoftmaxParams& cpp) noexcept {
  tandem_softmax_params p = tandem_softmax_params_init(0);
  const Status status = read_struct(what, given, offsetof(tandem_softmax_params, src_type), p);
  cpp = {p.channels, p.beta, of(p.src_type), of(p.dst_type)};
  return status;
}

Status read(const char* what, const tandem_quantize_params* given, QuantizeParams& cpp) noexcept {
  tandem_quantize_params p = tandem_quantize_params_init(0, {});
  const Status status = read_struct(what, given, sizeof p, p);
  cpp.channels = p.channels;
  cpp.dst_type = of(p.dst_type);
  return status;
}

Status read(const char* what, const tandem_dequantize_params* given, DequantizeParams& cpp) noexcept {
  tandem_dequantize_params p = tandem_dequantize_params_init(0, {});
  const Status status = read_struct(what, given, sizeof p, p);
  cpp.channels = p.channels;
  cpp.src_type = of(p.src_type);
  return status;
}

Status read(const char* what, const tandem_copy_params* given, CopyParams& cpp) noexcept {
  tandem_copy_params p = tandem_copy_params_init(0);
  const Status status = read_struct(what, given, offsetof(tandem_copy_params, type), p);
  cpp = {p.channels, of(p.type)};
  return status;
}

Status read(const char* what, const tandem_depth_to_space_params* given, DepthToSpaceParams& cpp) noexcept {
  tandem_depth_to_space_params p = tandem_depth_to_space_params_init(0, 0, TANDEM_DEPTH_TO_SPACE_DCR);
  const Status status = read_struct(what, given, offsetof(tandem_depth_to_space_params, mode), p);
  cpp = {p.channels, p.block, static_cast<DepthToSpaceMode>(value_of(p.mode)), of(p.type)};
  return status;
}

}  // namespace tandem::inline TANDEM_ABI::internal
