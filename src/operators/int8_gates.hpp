// The quantised squeeze-and-excite as the operators that SqueezeExciteParams names.
#pragma once

#include "src/stages/gates.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// What precedes the names of parameters in sentences: "" or a name with a dot.
struct SqueezeExciteNames {
  const char* whole;
  const char* reduce;
  const char* expand;
};

/// Sizes and activations were checked, and src_type is u8 or s8.
Status check_int8_squeeze_excite(const SqueezeExciteNames& names, const SqueezeExciteParams& params,
                                 const SqueezeExciteWeights& weights) noexcept;

/// The parameters were checked.
Result<GateEnds> quantised_gate_ends(const SqueezeExciteParams& params);

}  // namespace tandem::inline TANDEM_ABI::internal
