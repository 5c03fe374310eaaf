// The checks of create() for quantised stages, whose tensors are u8 or s8.
#pragma once

#include "src/operators/stage_params.hpp"
#include "src/weights/filter.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The members of a stage's parameters that decide whether this version has its quantised form.
struct Int8Types {
  const TensorType& src;
  const TensorType& dst;
  DataType weights;
  const Activation& activation;
  bool residual;
  Rounding rounding;
};
/// The types of operators without weights. Quantised: both u8 or both s8, with a possible quantisation and a finite quotient of
/// scales times any element, a clamp as activation, and a value that is a Rounding. Others: check_tensor_types().
Status check_operand_types(const TensorType& src, const TensorType& dst, const Activation& activation,
                           Rounding rounding = Rounding::kNearestEven) noexcept;
/// The value is one of the enumeration.
Status check_rounding(const char* stage, Rounding rounding) noexcept;
/// A scale with the name of its tensor, or of its tensors.
struct NamedScale {
  const char* name;
  float scale;
};
/// Refuses a quotient of scales that makes infinity of `most`, the greatest magnitude of what it is multiplied by. An element less
/// its zero point is at most 255.
Status check_quotient(const char* stage, const NamedScale& src, const NamedScale& dst, float most = 255.0F) noexcept;
/// Of products of two elements.
Status check_product_quotient(const char* stage, const NamedScale& products, const NamedScale& dst) noexcept;
/// Refuses a second operand of a quantised element-wise operator of another type than dst, a quotient of scales that is too
/// large, constants, and divisions.
Status check_int8_elementwise(const ElementwiseParams& params) noexcept;
/// Refuses a pool over so many pixels that the sum of their elements may need more than 32 bits. With padding their
/// number may need more than 64.
Status check_int8_pool(std::int64_t height, std::int64_t width) noexcept;
/// Of operators that move elements: two quantised tensors must have the same quantisation.
Status check_same_quantization(const TensorType& src, const TensorType& dst) noexcept;

/// The combinations that params.hpp lists, with a possible quantisation.
Status check_int8_types(const char* stage, const Int8Types& types) noexcept;
template <class Params>
Status check_int8_types(const char* stage, const Params& p) noexcept {
  return check_int8_types(stage, {p.src_type, p.dst_type, p.weight_type, p.activation, p.residual, p.rounding});
}

/// check_weights() for a quantised filter. Also refuses a channel whose sums could exceed 32 bits, and one whose multiplier
/// is infinite. The tensors' types were checked.
Status check_int8_weights(const char* stage, const Weights& weights, const FilterSize& size, DataType type,
                          FilterKind kind, const TensorType& src, const TensorType& dst) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
