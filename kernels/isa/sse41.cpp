// SSE4.1: 4 floats, 16 registers, no fused multiply-add.
#define TANDEM_ISA sse41
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// A product needs a register before it is added: at most 12 accumulators, 9 beside 3 columns.
constinit const IsaTables sse41_tables = sse41::Tables<xsimd::sse4_1, sse41::GemmTiles<12, 6, 3>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
