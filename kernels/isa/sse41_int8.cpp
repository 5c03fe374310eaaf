// SSE4.1: words of 16 bits.
#define TANDEM_ISA sse41
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 16 registers: 8 sums, 2 columns of two words each, an element of A of two words; 6 and 6 with one or three columns.
constinit const IsaTables sse41_int8_tables =
    sse41::Int8Tables<xsimd::sse4_1, sse41::WordDot<xsimd::sse4_1>, sse41::GemmTiles<6, 4, 2>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
