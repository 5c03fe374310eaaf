// AVX-512 without dot products: words of 16 bits.
#define TANDEM_ISA avx512
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 24 sums, 2 columns of two words each, an element of A of two words; or 21 and 3; or 14 and 1.
constinit const IsaTables avx512_int8_tables =
    avx512::Int8Tables<xsimd::avx512bw, avx512::WordDot<xsimd::avx512bw>, avx512::GemmTiles<14, 12, 7>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
