// Advanced SIMD of aarch64 without dot products.
#define TANDEM_ISA neon
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: as neon.cpp, with 4 for the products.
constinit const IsaTables neon_int8_tables =
    neon::Int8Tables<xsimd::neon64, neon::NeonDot<neon::WidenedProducts>, neon::GemmTiles<12, 9, 6>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
