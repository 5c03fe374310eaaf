// What follows from the parameters of a stage: the types of its kernel table, and the parameters of another kind of
// convolution that computes the same.
#pragma once

#include "kernels/kernel_table.hpp"
#include "src/weights/pack.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

[[nodiscard]] constexpr bool is_quantised(DataType type) noexcept {
  return type == DataType::kU8 || type == DataType::kS8;
}

/// The types of the kernel table. Quantised weights are s8 when packed, whatever the caller's are.
template <class Params>
kernels::TypeRow types_of(const Params& p) noexcept {
  return {p.src_type.type, p.weight_type == DataType::kU8 ? DataType::kS8 : p.weight_type};
}

/// The types of the kernel table of an operator without weights.
inline kernels::TypeRow types_of(DataType tensor) noexcept {
  return {tensor, is_quantised(tensor) ? DataType::kS8 : tensor};
}

/// How a stage ends.
template <class Params>
StageEnd stage_end(const Params& p) noexcept {
  return {p.activation, p.residual_order, p.src_type, p.dst_type, p.rounding};
}

/// Copies the members that conv2d, depthwise and pointwise have in common.
template <class From, class To>
void copy_common(const From& from, To& to) noexcept {
  to.stride_h = from.stride_h;
  to.stride_w = from.stride_w;
  to.activation = from.activation;
  to.residual = from.residual;
  to.residual_order = from.residual_order;
  to.src_type = from.src_type;
  to.dst_type = from.dst_type;
  to.residual_type = from.residual_type;
  to.weight_type = from.weight_type;
  to.rounding = from.rounding;
}

}  // namespace tandem::inline TANDEM_ABI::internal
