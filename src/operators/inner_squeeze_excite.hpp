// The squeeze-and-excite that a block may have between its depthwise and its last stage.
#pragma once

#include <optional>

#include "src/machine/isa.hpp"
#include "src/operators/stage_params.hpp"
#include "src/stages/gates.hpp"
#include "tandem/cost.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// check_inner_squeeze_excite() has accepted the arguments. Throws std::bad_alloc.
inline Result<std::optional<PackedSqueezeExcite>> pack_squeeze_excite(const std::optional<SqueezeExciteParams>& params,
                                                                      const SqueezeExciteWeights* weights,
                                                                      const char* isa) {
  std::optional<PackedSqueezeExcite> packed;
  if (!params) return packed;
  const auto kernels = select_kernels(isa, types_of(*params));
  if (!kernels.ok()) return kernels.status();
  packed.emplace(**kernels, *params, *weights, GateEnds{{params->activation}, {params->gate}});
  return packed;
}

inline const PackedSqueezeExcite* address_of(const std::optional<PackedSqueezeExcite>& packed) noexcept {
  return packed ? &*packed : nullptr;
}

inline std::size_t bytes_of(const std::optional<PackedSqueezeExcite>& packed) noexcept {
  return packed ? packed->bytes() : 0;
}

/// Multiply-adds an image.
inline std::int64_t squeeze_excite_op_count(const std::optional<SqueezeExciteParams>& params) noexcept {
  return params ? cost::squeeze_excite(params->channels, params->reduced_channels) : 0;
}

}  // namespace tandem::inline TANDEM_ABI::internal
