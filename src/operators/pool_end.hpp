// The end of a pool, for tensors of all types.
#pragma once

#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Params: of any pool; they were checked. Throws std::bad_alloc.
template <class Params>
PackedEpilogue pool_end(const kernels::KernelTable& kernels, const Params& p) {
  constexpr auto kOrder = ResidualOrder::kBeforeActivation;
  if (kernels.int8()) return PackedEpilogue(quantised_epilogue({p.activation, kOrder, p.src_type, p.dst_type}));
  return {kernels, p.activation, kOrder, {0, p.channels}};
}

/// The end of a quantised mean. plain: see kernels::Requantisation::plain_mean; read for TFLite's roundings.
inline kernels::Epilogue quantised_mean_end(const StageEnd& end, bool plain) noexcept {
  kernels::Epilogue epilogue = quantised_epilogue(end);
  if (end.rounding == Rounding::kNearestEven) return epilogue;
  kernels::Requantisation& q = epilogue.requantisation;
  q.plain_mean = plain;
  q.fixed_operands = true;
  q.dst_fixed =
      fixed_point(static_cast<double>(end.src.quantization.scale) / static_cast<double>(end.dst.quantization.scale));
  return epilogue;
}

/// Params: of a pool that is a mean.
template <class Params>
PackedEpilogue mean_end(const kernels::KernelTable& kernels, const Params& p, bool plain) {
  if (!kernels.int8()) return pool_end(kernels, p);
  return PackedEpilogue(
      quantised_mean_end({p.activation, ResidualOrder::kBeforeActivation, p.src_type, p.dst_type, p.rounding}, plain));
}

}  // namespace tandem::inline TANDEM_ABI::internal
