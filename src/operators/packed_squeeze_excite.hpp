// A squeeze-and-excite with its weights: alone, or in a block between the depthwise and the last stage.
#pragma once

#include <optional>

#include "src/machine/isa.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/int8_gates.hpp"
#include "src/operators/stage_params.hpp"
#include "src/stages/gates.hpp"
#include "tandem/cost.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// check_squeeze_excite() has accepted the arguments. Throws std::bad_alloc.
inline Result<PackedSqueezeExcite> pack_squeeze_excite(const SqueezeExciteParams& params,
                                                       const SqueezeExciteWeights& weights, const char* isa) {
  const auto kernels = select_kernels(isa, types_of(params));
  if (!kernels.ok()) return kernels.status();
  const Result<GateEnds> ends =
      (*kernels)->int8() ? quantised_gate_ends(params) : GateEnds{{params.activation}, {params.gate}};
  if (!ends.ok()) return ends.status();
  return PackedSqueezeExcite(**kernels, params, weights, *ends);
}

/// Of a block. check_inner_squeeze_excite() has accepted the arguments. Throws std::bad_alloc.
inline Result<std::optional<PackedSqueezeExcite>> pack_inner_squeeze_excite(
    const std::optional<SqueezeExciteParams>& params, const SqueezeExciteWeights* weights, const char* isa) {
  std::optional<PackedSqueezeExcite> none;
  if (!params || weights == nullptr) return none;  // both or neither
  Result<PackedSqueezeExcite> packed = pack_squeeze_excite(*params, *weights, isa);
  if (!packed.ok()) return packed.status();
  return std::optional<PackedSqueezeExcite>(*std::move(packed));
}

/// What the last stage of a block reads, with the name of who stores it.
struct StoredTensor {
  const char* name;
  const TensorType& type;
};
inline StoredTensor before_last_stage(const std::optional<SqueezeExciteParams>& squeeze_excite,
                                      const TensorType& filtered) noexcept {
  if (squeeze_excite) return {"squeeze_excite.dst_type", squeeze_excite->dst_type};
  return {"depthwise.dst_type", filtered};
}

/// Refuses an image whose means, as quantised ones, may need sums beyond 32 bits. squeeze_excite: null if there is none.
inline Status check_squeezed(const PackedSqueezeExcite* squeeze_excite, std::int64_t height,
                             std::int64_t width) noexcept {
  return squeeze_excite != nullptr && squeeze_excite->kernels().int8() ? check_int8_pool(height, width) : Status();
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
