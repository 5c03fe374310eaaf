// AVX2: words of 16 bits.
#define TANDEM_ISA avx2
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 16 registers: 8 sums, 2 columns of two words each, an element of A of two words; 6 and 6 with one or three columns.
constinit const IsaTables avx2_int8_tables =
    avx2::Int8Tables<xsimd::avx2, avx2::WordDot<xsimd::avx2>, avx2::GemmTiles<6, 4, 2>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
