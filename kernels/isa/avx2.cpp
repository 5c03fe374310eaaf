// AVX2 with FMA3: 8 floats, 16 registers.
#define TANDEM_ISA avx2
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 16 registers: 12 accumulators, up to 3 columns, 1 broadcast. 12 chains cover 4 cycles x 2 ports.
constinit const IsaTables avx2_tables = avx2::Tables<xsimd::avx2, avx2::GemmTiles<12, 6, 4>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
