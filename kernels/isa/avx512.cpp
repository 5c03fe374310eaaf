// AVX-512 (F, BW, DQ, VL): 16 floats, 32 registers.
#define TANDEM_ISA avx512
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 28 accumulators and 2 columns, the broadcast folded into the FMA.
constinit const KernelTable avx512_table =
    avx512::make_table<avx512::Simd<float, xsimd::avx512bw>, 14, 14, 9>("avx512");

}  // namespace tandem::inline TANDEM_ABI::kernels
