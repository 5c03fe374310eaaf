// AVX-512 (F, BW, DQ, VL): 16 floats, 32 registers.
#define TANDEM_ISA avx512
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 28 accumulators, 2 columns, 1 broadcast; or 27 accumulators and 3 columns; or 14 and 1.
constinit const IsaTables avx512_tables = avx512::Tables<xsimd::avx512bw, avx512::GemmTiles<14, 14, 9>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
