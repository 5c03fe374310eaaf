// Advanced SIMD of aarch64: 4 floats, 32 registers. Also with dot products, which add nothing to floating-point types.
#define TANDEM_ISA neon
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

using Neon = neon::Tables<xsimd::neon64, neon::GemmTiles<14, 9, 7>>;

// 32 registers: 21 accumulators, 7 rows of A, 3 columns; or 18, 9, 2; or 14, 14, 1. With one more row
// clang 19 spills. 4 cycles x 4 ports need 16 chains; only the tile of 14 falls short.
constinit const IsaTables neon_tables = Neon::kAll;

extern const IsaTables neondot_tables;  // a build may leave these ISAs out
extern const IsaTables neoni8mm_tables;
namespace {
constexpr Neon::Rows kDotRows = Neon::rows("neondot");
constexpr Neon::Rows kI8mmRows = Neon::rows("neoni8mm");
}  // namespace
constinit const IsaTables neondot_tables = {kDotRows.rows, kDotRows.count};
constinit const IsaTables neoni8mm_tables = {kI8mmRows.rows, kI8mmRows.count};

}  // namespace tandem::inline TANDEM_ABI::kernels
