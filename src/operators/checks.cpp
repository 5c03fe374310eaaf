#include "src/operators/checks.hpp"

#include <cmath>

#include "src/base/error.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/int8_gates.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/depthwise_geometry.hpp"
#include "src/weights/filter.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// The types of a stage that may add a residual.
template <class Params>
Status check_types(const char* stage, const Params& p) noexcept {
  if constexpr (requires { p.rounding; }) {
    if (is_quantised(p.src_type.type)) return check_int8_types(stage, p);
  }
  const Status status = first_error(
      {check_tensor_types(stage, p.src_type, p.dst_type), check_weight_type(stage, p.src_type, p.weight_type)});
  if (!status.ok() || !p.residual) return status;
  return check_residual_type(stage, p.residual_type, p.dst_type);
}

// The weights of a stage that may be quantised.
template <class Params>
Status check_stage_weights(const char* stage, const Params& p, const Weights& weights, const FilterSize& size,
                           FilterKind kind) noexcept {
  if (!is_quantised(p.src_type.type)) return check_weights(stage, weights, size, p.weight_type, kind);
  return check_int8_weights(stage, weights, size, p.weight_type, kind, p.src_type, p.dst_type);
}

// The sizes of a 1x1 stage or a matrix.
struct MatrixSizes {
  const char* in_name;
  std::int64_t in;
  const char* out_name;
  std::int64_t out;
};

// A stage whose filter is a matrix.
template <class Params>
Status check_matrix(const char* stage, const MatrixSizes& sizes, const Params& p, const Weights& weights) noexcept {
  const Status status = first_error({check_at_least_one(stage, sizes.in_name, sizes.in),
                                     check_at_least_one(stage, sizes.out_name, sizes.out),
                                     check_activation(stage, p.activation, sizes.out),
                                     check_residual_order(stage, p.residual_order), check_types(stage, p)});
  if (!status.ok()) return status;
  return check_stage_weights(stage, p, weights, {sizes.out, sizes.in, 1, 1}, FilterKind::kRegular);
}

template <class Params>
Status check_groups(const Params& p) noexcept {
  const Status status = check_at_least_one("groups", p.groups);
  if (!status.ok()) return status;
  if (p.in_channels % p.groups == 0 && p.out_channels % p.groups == 0) return {};
  return error(StatusCode::kInvalidArgument, "groups is %d, which does not divide in_channels %d and out_channels %d",
               p.groups, p.in_channels, p.out_channels);
}

// As ONNX and PyTorch demand it: with more, the last rows would be a period that no tap reaches.
Status check_output_padding(const char* axis, std::int64_t padding, std::int64_t stride,
                            std::int64_t dilation) noexcept {
  if (padding >= 0 && (padding < stride || padding < dilation)) return {};
  return error(StatusCode::kInvalidArgument,
               "output_padding_%s must be at least 0 and less than the stride %lld or the dilation %lld, but is %lld",
               axis, static_cast<long long>(stride), static_cast<long long>(dilation), static_cast<long long>(padding));
}

Status check_output(const char* axis, std::int64_t size) noexcept {
  if (size >= 0) return {};
  return error(StatusCode::kInvalidArgument, "output_%s must not be negative, but is %lld", axis,
               static_cast<long long>(size));
}

}  // namespace

Status check_conv2d(const Conv2dParams& p, const Weights& weights) noexcept {
  const Status sizes =
      first_error({check_at_least_one("in_channels", p.in_channels), check_at_least_one("out_channels", p.out_channels),
                   check_window("", window_of(p)), check_activation("", p.activation, p.out_channels),
                   check_residual_order("", p.residual_order), check_groups(p), check_types("", p)});
  if (!sizes.ok()) return sizes;
  return check_stage_weights("", p, weights, {p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w},
                             FilterKind::kRegular);
}

Status check_conv_transpose2d(const ConvTranspose2dParams& p, const Weights& weights) noexcept {
  const Status sizes = first_error(
      {check_at_least_one("in_channels", p.in_channels), check_at_least_one("out_channels", p.out_channels),
       check_window("", window_of(p)), check_output_padding("h", p.output_padding_h, p.stride_h, p.dilation_h),
       check_output_padding("w", p.output_padding_w, p.stride_w, p.dilation_w), check_output("h", p.output_h),
       check_output("w", p.output_w), check_activation("", p.activation, p.out_channels),
       check_residual_order("", p.residual_order), check_groups(p), check_types("", p)});
  if (!sizes.ok()) return sizes;
  const FilterSize size{p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w, p.groups};
  return check_stage_weights("", p, weights, size, FilterKind::kTransposed);
}

Status check_depthwise(const char* stage, const DepthwiseParams& p, const Weights& weights) noexcept {
  const Status sizes = first_error(
      {check_at_least_one(stage, "channels", p.channels), check_at_least_one(stage, "multiplier", p.multiplier),
       check_window(stage, window_of(p)), check_activation(stage, p.activation, out_channels(p)),
       check_residual_order(stage, p.residual_order), check_types(stage, p)});
  if (!sizes.ok()) return sizes;
  return check_stage_weights(stage, p, weights, {out_channels(p), 1, p.kernel_h, p.kernel_w}, FilterKind::kDepthwise);
}

Status check_pointwise(const char* stage, const PointwiseParams& p, const Weights& weights) noexcept {
  const Status strides = first_error(
      {check_at_least_one(stage, "stride_h", p.stride_h), check_at_least_one(stage, "stride_w", p.stride_w)});
  if (!strides.ok()) return strides;
  return check_matrix(stage, {"in_channels", p.in_channels, "out_channels", p.out_channels}, p, weights);
}

Status check_fully_connected(const char* stage, const FullyConnectedParams& p, const Weights& weights) noexcept {
  return check_matrix(stage, {"in_features", p.in_features, "out_features", p.out_features}, p, weights);
}

Status check_squeeze_excite(const char* stage, const SqueezeExciteParams& p, const SqueezeExciteWeights& w) noexcept {
  const bool in_block = *stage != '\0';
  const char* const reduce = in_block ? "squeeze_excite.reduce." : "reduce.";
  const char* const expand = in_block ? "squeeze_excite.expand." : "expand.";
  const Status sizes = first_error({check_at_least_one(stage, "channels", p.channels),
                                    check_at_least_one(stage, "reduced_channels", p.reduced_channels),
                                    check_activation(reduce, p.activation, p.reduced_channels),
                                    check_activation(in_block ? "squeeze_excite.gate." : "gate.", p.gate, p.channels)});
  if (!sizes.ok()) return sizes;
  if (is_quantised(p.src_type.type)) return check_int8_squeeze_excite({stage, reduce, expand}, p, w);
  const Status types = first_error(
      {check_tensor_types(stage, p.src_type, p.dst_type), check_weight_type(stage, p.src_type, p.weight_type)});
  if (!types.ok()) return types;
  return first_error(
      {check_weights(reduce, w.reduce, {p.reduced_channels, p.channels, 1, 1}, p.weight_type, FilterKind::kRegular),
       check_weights(expand, w.expand, {p.channels, p.reduced_channels, 1, 1}, p.weight_type, FilterKind::kRegular)});
}

Status check_inner_squeeze_excite(const std::optional<SqueezeExciteParams>& p, const SqueezeExciteWeights* w,
                                  const TensorType& tensor, const char* taker, const PointwiseParams& taken) noexcept {
  if (!p && w == nullptr) return {};
  if (!p) {
    return error(StatusCode::kInvalidArgument,
                 "squeeze_excite is not set in the parameters, but the call gives weights for it");
  }
  if (w == nullptr) {
    return error(StatusCode::kInvalidArgument,
                 "squeeze_excite is set in the parameters, but the call gives no weights for it");
  }
  return first_error({check_same_type("depthwise.dst_type", tensor, "squeeze_excite.src_type", p->src_type),
                      check_same_channels("squeeze_excite.channels", p->channels, taker, taken.in_channels),
                      check_squeeze_excite("squeeze_excite.", *p, *w)});
}

Status check_quantization(const char* stage, const char* what, const TensorType& t) noexcept {
  if (element_bytes(t.type) == 0) {
    return error(StatusCode::kInvalidArgument, "%s%s %d is not a data type", stage, what, static_cast<int>(t.type));
  }
  if (!std::isfinite(t.quantization.scale) || t.quantization.scale <= 0.0F) {
    return error(StatusCode::kInvalidArgument, "%s%s has scale %g, but it must be finite and greater than 0", stage,
                 what, static_cast<double>(t.quantization.scale));
  }
  const std::int32_t zero = t.quantization.zero_point;
  const bool in_range = t.type == DataType::kU8   ? zero >= 0 && zero <= 255
                        : t.type == DataType::kS8 ? zero >= -128 && zero <= 127
                                                  : t.type == DataType::kS32 || zero == 0;
  if (!in_range) {
    return error(StatusCode::kInvalidArgument, "%s%s has zero point %d, which is no value of %s that it may have",
                 stage, what, zero, to_string(t.type));
  }
  if (is_quantised(t.type) || t.type == DataType::kS32 || t.quantization.scale == 1.0F) return {};
  return error(StatusCode::kInvalidArgument, "%s%s has scale %g, but %s is not quantised: it must be 1", stage, what,
               static_cast<double>(t.quantization.scale), to_string(t.type));
}

Status check_tensor_type(const char* stage, const char* what, const TensorType& t) noexcept {
  const Status status = check_quantization(stage, what, t);
  if (!status.ok()) return status;
  switch (t.type) {
    case DataType::kF32:
    case DataType::kBf16:
    case DataType::kF16:
      return {};
    default:
      return error(StatusCode::kUnsupported, "%s%s is %s, which this version does not compute with here", stage, what,
                   to_string(t.type));
  }
}

Status check_moved_type(const char* what, const TensorType& t) noexcept {
  return is_quantised(t.type) ? check_quantization("", what, t) : check_tensor_type("", what, t);
}

Status check_tensor_types(const char* stage, const TensorType& src, const TensorType& dst) noexcept {
  const Status status =
      first_error({check_tensor_type(stage, "src_type", src), check_tensor_type(stage, "dst_type", dst)});
  return status.ok() ? check_equal_types(stage, "src_type", src, dst) : status;
}

Status check_equal_types(const char* stage, const char* what, const TensorType& t, const TensorType& dst) noexcept {
  if (t.type == dst.type) return {};
  return error(StatusCode::kUnsupported, "%s%s is %s, but dst_type is %s; they must be equal", stage, what,
               to_string(t.type), to_string(dst.type));
}

Status check_residual_type(const char* stage, const TensorType& residual, const TensorType& dst) noexcept {
  const Status status = check_tensor_type(stage, "residual_type", residual);
  return status.ok() ? check_equal_types(stage, "residual_type", residual, dst) : status;
}

Status check_weight_type(const char* stage, const TensorType& tensors, DataType weights) noexcept {
  if (element_bytes(weights) == 0) {
    return error(StatusCode::kInvalidArgument, "%sweight_type %d is not a data type", stage, static_cast<int>(weights));
  }
  if (weights == tensors.type || (tensors.type == DataType::kF32 && weights == DataType::kBf16)) return {};
  return error(StatusCode::kUnsupported, "%sweight_type is %s, which tensors of %s are not multiplied by", stage,
               to_string(weights), to_string(tensors.type));
}

Status check_stored_type(const char* stage, const TensorType& src, const TensorType& dst) noexcept {
  if (!is_quantised(src.type) || dst.type == src.type) return {};
  return error(StatusCode::kUnsupported, "%sdst_type is %s, but inside a block of %s every stage must store %s", stage,
               to_string(dst.type), to_string(src.type), to_string(src.type));
}

Status check_data_type(const char* stage, const char* giver, const TensorType& given, const char* taker,
                       const TensorType& taken) noexcept {
  if (given.type == taken.type) return {};
  return error(StatusCode::kInvalidArgument, "%s%s is %s, but %s%s is %s; they must be equal", stage, giver,
               to_string(given.type), stage, taker, to_string(taken.type));
}

Status check_same_type(const char* giver, const TensorType& given, const char* taker,
                       const TensorType& taken) noexcept {
  const Status types = check_data_type("", giver, given, taker, taken);
  const Quantization& a = given.quantization;
  const Quantization& b = taken.quantization;
  if (!types.ok() || !is_quantised(given.type) || (a.scale == b.scale && a.zero_point == b.zero_point)) return types;
  return error(StatusCode::kInvalidArgument,
               "%s has scale %.9g and zero point %d, but %s has %.9g and %d; they must be equal", giver,
               static_cast<double>(a.scale), a.zero_point, taker, static_cast<double>(b.scale), b.zero_point);
}

Status check_inner_stage(const char* stage, bool residual) noexcept {
  if (!residual) return {};
  return error(StatusCode::kInvalidArgument, "%sresidual must be false inside a block, but is true", stage);
}

Status check_unit_stride(const char* stage, const PointwiseParams& p) noexcept {
  if (p.stride_h == 1 && p.stride_w == 1) return {};
  return error(StatusCode::kInvalidArgument,
               "%sstride_h and %sstride_w must be 1 inside a block, but they are %d and %d", stage, stage, p.stride_h,
               p.stride_w);
}

Status check_same_channels(const char* giver, std::int64_t given, const char* taker, std::int64_t taken) noexcept {
  if (given == taken) return {};
  return error(StatusCode::kInvalidArgument, "%s is %lld, but %s is %lld; they must be equal", giver,
               static_cast<long long>(given), taker, static_cast<long long>(taken));
}

}  // namespace tandem::inline TANDEM_ABI::internal
