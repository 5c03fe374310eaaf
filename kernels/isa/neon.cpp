// Advanced SIMD of aarch64: 4 floats, 32 registers.
#define TANDEM_ISA neon
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 21 accumulators, 7 rows of A, 3 columns; or 18, 9, 2; or 14, 14, 1. With one more row
// clang 19 spills. 4 cycles x 4 ports need 16 chains; only the tile of 14 falls short.
constinit const IsaTables neon_tables = neon::Tables<xsimd::neon64, neon::GemmTiles<14, 9, 7>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
