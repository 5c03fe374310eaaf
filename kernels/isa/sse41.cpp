// SSE4.1: 4 floats, 16 registers, no fused multiply-add.
#define TANDEM_ISA sse41
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// The product needs a register of its own before it is added: 12 accumulators at most, 9 beside 3 columns.
constinit const KernelTable sse41_table = sse41::make_table<sse41::Simd<float, xsimd::sse4_1>, 12, 6, 3>("sse41");

}  // namespace tandem::inline TANDEM_ABI::kernels
