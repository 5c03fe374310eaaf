// Advanced SIMD of aarch64 with products of 2 x 2 (FEAT_I8MM). Its tables of floating-point types are those of neon.cpp.
#define TANDEM_ISA neoni8mm
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 32 registers: 18 sums, 3 pairs of rows, 4 for columns; or 20, 5 and 4; or 14, 7 and 4. A tile of 8 x 3 uses all 32, and
// clang 19 copies its sums in every iteration.
constinit const IsaTables neoni8mm_int8_tables =
    neoni8mm::Int8Tables<xsimd::neon64, neoni8mm::NeonDot<neoni8mm::MixedProducts>,
                         neoni8mm::GemmTiles<14, 10, 6>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
