// Advanced SIMD of aarch64 with dot products (FEAT_DotProd). Its tables of floating-point types are those of neon.cpp.
#define TANDEM_ISA neondot
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// As neon.cpp: sdot by a lane has the operands of fmla by a lane.
constinit const IsaTables neondot_int8_tables =
    neondot::Int8Tables<xsimd::neon64, neondot::NeonDot<neondot::SignedProducts>, neondot::GemmTiles<14, 9, 7>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
