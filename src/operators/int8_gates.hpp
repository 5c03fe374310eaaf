// The quantised squeeze-and-excite as the operators that SqueezeExciteParams names.
#pragma once

#include "src/stages/gates.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Sizes and activations were checked, and src_type is u8 or s8.
Status check_int8_squeeze_excite(const SqueezeExciteParams& params, const SqueezeExciteWeights& weights) noexcept;

/// The parameters were checked.
Result<GateEnds> quantised_gate_ends(const SqueezeExciteParams& params);
kernels::Epilogue quantised_gating_end(const SqueezeExciteParams& params) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
