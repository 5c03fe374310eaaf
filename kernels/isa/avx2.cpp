// AVX2 with FMA3: 8 floats, 16 registers. Also with AVX-VNNI, which adds nothing to floating-point types.
#define TANDEM_ISA avx2
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

using Avx2 = avx2::Tables<xsimd::avx2, avx2::GemmTiles<12, 6, 4>>;

// 16 registers: 12 accumulators, up to 3 columns, 1 broadcast. 12 chains cover 4 cycles x 2 ports.
constinit const IsaTables avx2_tables = Avx2::kAll;

extern const IsaTables avxvnni_tables;  // a build may leave that ISA out
namespace {
constexpr Avx2::Rows kVnniRows = Avx2::rows("avxvnni");
}  // namespace
constinit const IsaTables avxvnni_tables = {kVnniRows.rows, kVnniRows.count};

}  // namespace tandem::inline TANDEM_ABI::kernels
