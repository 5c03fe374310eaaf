// AVX-512 (F, BW, DQ, VL): 16 floats, 32 registers.
#define TANDEM_ISA avx512
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 28 accumulators and 2 columns, the broadcast folded into the FMA.
constinit const IsaTables avx512_tables = avx512::Tables<xsimd::avx512bw, avx512::GemmTiles<14, 14, 9>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
