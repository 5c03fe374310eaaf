// AVX-512 (F, BW, DQ, VL): 16 floats, 32 registers. Also with VNNI, which adds nothing to floating-point types.
#define TANDEM_ISA avx512
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

using Avx512 = avx512::Tables<xsimd::avx512bw, avx512::GemmTiles<14, 14, 9>>;

// 32 registers: 28 accumulators, 2 columns, 1 broadcast; or 27 accumulators and 3 columns; or 14 and 1.
constinit const IsaTables avx512_tables = Avx512::kAll;

extern const IsaTables avx512vnni_tables;  // a build may leave that ISA out
namespace {
constexpr Avx512::Rows kVnniRows = Avx512::rows("avx512vnni");
}  // namespace
constinit const IsaTables avx512vnni_tables = {kVnniRows.rows, kVnniRows.count};

}  // namespace tandem::inline TANDEM_ABI::kernels
