#include "src/operators/int8_checks.hpp"

#include <cmath>
#include <limits>

#include "src/base/affine.hpp"
#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/operators/checks.hpp"
#include "src/weights/int8_column.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

Status check_scales(const char* stage, const FloatSpan& scales, std::int64_t channels) noexcept {
  if (scales.size != 1 && scales.size != static_cast<std::size_t>(channels)) {
    return error(
        StatusCode::kInvalidArgument,
        "%sscales holds %zu values, but a quantised filter needs 1, or one for each of its %lld output channels", stage,
        scales.size, static_cast<long long>(channels));
  }
  if (scales.data == nullptr) {
    return error(StatusCode::kInvalidArgument, "%sscales is null, but is said to hold %zu values", stage, scales.size);
  }
  for (std::size_t i = 0; i < scales.size; ++i) {
    if (std::isfinite(scales.data[i]) && scales.data[i] > 0.0F) continue;
    return error(StatusCode::kInvalidArgument,
                 "%sscales must be finite and greater than 0, but the scale of output channel %zu is %g", stage, i,
                 static_cast<double>(scales.data[i]));
  }
  return {};
}

Status check_clamp(const char* stage, const Activation& activation, DataType tensor) noexcept {
  if (is_clamp(activation)) return {};
  return error(StatusCode::kUnsupported,
               "%sactivation must be a clamp without an affine where tensors are %s, but its kind is %d", stage,
               to_string(tensor), static_cast<int>(activation.kind));
}

// The types of operators without weights.
Status check_int8_operands(const TensorType& src, const TensorType& dst, const Activation& activation,
                           Rounding rounding) noexcept {
  const Status possible = first_error({check_quantization("", "src_type", src), check_quantization("", "dst_type", dst),
                                       check_equal_types("", "src_type", src, dst), check_rounding("", rounding)});
  if (!possible.ok()) return possible;
  return first_error({check_clamp("", activation, src.type),
                      check_quotient("", {"src", src.quantization.scale}, {"dst", dst.quantization.scale})});
}

}  // namespace

Status check_rounding(const char* stage, Rounding rounding) noexcept {
  switch (rounding) {
    case Rounding::kNearestEven:
    case Rounding::kTfliteSingle:
    case Rounding::kTfliteDouble:
      return {};
  }
  return error(StatusCode::kInvalidArgument, "%srounding %d is not a kind of rounding", stage,
               static_cast<int>(rounding));
}

Status check_quotient(const char* stage, const NamedScale& src, const NamedScale& dst, float most) noexcept {
  if (std::isfinite(src.scale / dst.scale * most)) return {};
  return error(StatusCode::kOutOfRange, "the scale %g of %s%s is too large for the scale %g of %s%s",
               static_cast<double>(src.scale), stage, src.name, static_cast<double>(dst.scale), stage, dst.name);
}

Status check_product_quotient(const char* stage, const NamedScale& products, const NamedScale& dst) noexcept {
  return check_quotient(stage, products, dst, 255.0F * 255.0F);
}

Status check_operand_types(const TensorType& src, const TensorType& dst, const Activation& activation,
                           Rounding rounding) noexcept {
  return is_quantised(src.type) ? check_int8_operands(src, dst, activation, rounding)
                                : check_tensor_types("", src, dst);
}

Status check_int8_elementwise(const ElementwiseParams& p) noexcept {
  if (p.operation == ElementwiseOperation::kDivide || p.operation == ElementwiseOperation::kDivideInto) {
    return error(StatusCode::kUnsupported, "operation is %d, a division, which tensors of %s do not have",
                 static_cast<int>(p.operation), to_string(p.src_type.type));
  }
  if (p.constants.size != 0) {
    return error(StatusCode::kUnsupported, "there are %zu constants, which tensors of %s cannot have in this version",
                 p.constants.size, to_string(p.src_type.type));
  }
  const Status possible = first_error({check_quantization("", "residual_type", p.residual_type),
                                       check_equal_types("", "residual_type", p.residual_type, p.dst_type)});
  if (!possible.ok()) return possible;
  const float scale = p.residual_type.quantization.scale;
  const NamedScale dst{"dst", p.dst_type.quantization.scale};
  if (p.operation != ElementwiseOperation::kMultiply) return check_quotient("", {"residual", scale}, dst);
  return check_product_quotient("", {"src times that of residual", p.src_type.quantization.scale * scale}, dst);
}

Status check_int8_pool(std::int64_t height, std::int64_t width) noexcept {
  constexpr std::int64_t kMost = ((std::int64_t{1} << 31U) - 1) / 255;
  constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
  const std::int64_t pixels = checked_product({height, width}, kAny).value_or(kAny);
  if (pixels <= kMost) return {};
  return error(StatusCode::kOutOfRange,
               "a mean of %lld pixels of 8 bits may need sums beyond 32 bits; the most is %lld",
               static_cast<long long>(pixels), static_cast<long long>(kMost));
}

Status check_same_quantization(const TensorType& src, const TensorType& dst) noexcept {
  if (!is_quantised(src.type) || (src.quantization.scale == dst.quantization.scale &&
                                  src.quantization.zero_point == dst.quantization.zero_point)) {
    return {};
  }
  return error(StatusCode::kUnsupported,
               "src_type has scale %g and zero point %d, but dst_type %g and %d; they must be equal here",
               static_cast<double>(src.quantization.scale), src.quantization.zero_point,
               static_cast<double>(dst.quantization.scale), dst.quantization.zero_point);
}

Status check_int8_types(const char* stage, const Int8Types& t) noexcept {
  const Status possible =
      first_error({check_quantization(stage, "src_type", t.src), check_quantization(stage, "dst_type", t.dst),
                   check_rounding(stage, t.rounding)});
  if (!possible.ok()) return possible;
  if (element_bytes(t.weights) == 0) return check_weight_type(stage, t.src, t.weights);
  if (t.dst.type != t.src.type && t.dst.type != DataType::kF32) {
    return error(StatusCode::kUnsupported, "%ssrc_type is %s, but dst_type is %s; it must be the same, or f32", stage,
                 to_string(t.src.type), to_string(t.dst.type));
  }
  if (!is_quantised(t.weights)) {
    return error(StatusCode::kUnsupported, "%sweight_type is %s, but tensors of %s need weights of s8 or u8", stage,
                 to_string(t.weights), to_string(t.src.type));
  }
  if (t.residual) {
    return error(StatusCode::kUnsupported, "%sresidual is true, which tensors of %s cannot have in this version", stage,
                 to_string(t.src.type));
  }
  return check_clamp(stage, t.activation, t.src.type);
}

Status check_int8_weights(const char* stage, const Weights& weights, const FilterSize& size, DataType type,
                          FilterKind kind, const TensorType& src, const TensorType& dst) noexcept {
  const Status given =
      first_error({check_layout(stage, weights.layout, kind), check_filter(stage, weights.filter, size, type),
                   check_bias(stage, weights.bias, size.out, DataType::kS32)});
  if (!given.ok()) return given;
  const Status scales = check_scales(stage, weights.scales, size.out);
  if (!scales.ok()) return scales;
  const FilterReader reader(weights, size);
  for (std::int64_t channel = 0; channel < size.out; ++channel) {
    const Int8Column column(weights, reader, size, channel, src, dst);
    if (column.most >= std::int64_t{1} << 31U) {
      return error(
          StatusCode::kOutOfRange,
          "%sweights of output channel %lld can sum up to %lld with its bias, but sums have 32 bits and must stay "
          "below %lld",
          stage, static_cast<long long>(channel), static_cast<long long>(column.most),
          static_cast<long long>(std::int64_t{1} << 31U));
    }
    if (!std::isfinite(column.multiplier)) {
      return error(
          StatusCode::kOutOfRange,
          "%sscales %g of src, %g of the weights of output channel %lld and %g of dst have a quotient that is no "
          "float",
          stage, static_cast<double>(src.quantization.scale), static_cast<double>(scale_of(weights.scales, channel)),
          static_cast<long long>(channel), static_cast<double>(dst.quantization.scale));
    }
  }
  return {};
}

}  // namespace tandem::inline TANDEM_ABI::internal
