// Advanced SIMD of aarch64: 4 floats, 32 registers.
#define TANDEM_ISA neon
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 21 accumulators, 7 rows of A and 3 columns; 18, 9 and 2; 14, 14 and 1. One more row would need them all,
// which clang 19 pays with spills. As many chains cover 4 cycles x 4 ports.
constinit const IsaTables neon_tables = neon::Tables<xsimd::neon64, neon::GemmTiles<14, 9, 7>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
