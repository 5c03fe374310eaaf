// Advanced SIMD of aarch64 with dot products (FEAT_DotProd). Its tables of floating-point types are those of neon.cpp.
#define TANDEM_ISA neondot
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 18 sums, 6 rows of A, 3 columns, 1 of the bits that make u8 signed; or 16, 8, 2 and 1; or 14, 14, 1 and 1.
// 3 cycles x 4 ports need 12 chains. A tile of 7 x 3 uses all 32, and clang 19 copies its sums in every iteration.
constinit const IsaTables neondot_int8_tables =
    neondot::Int8Tables<xsimd::neon64, neondot::NeonDot<neondot::SignedProducts>, neondot::GemmTiles<14, 8, 6>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
