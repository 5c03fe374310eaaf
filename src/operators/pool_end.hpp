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

}  // namespace tandem::inline TANDEM_ABI::internal
