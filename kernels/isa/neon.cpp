// Advanced SIMD of aarch64: 4 floats, 32 registers.
#define TANDEM_ISA neon
#include "kernels/kernels.inl.hpp"

namespace tandem::kernels {

// 32 registers: 24 accumulators, up to 3 columns, broadcasts.
constinit const KernelTable neon_table = neon::make_table<neon::Simd<float, xsimd::neon64>, 14, 12, 8>("neon");

}  // namespace tandem::kernels
