// All kernel bodies, in the namespace of the ISA that includes them. An ISA file (see kernels/isa/) defines TANDEM_ISA
// as its name and includes this file once. The file for tensors of 8 bits, <isa>_int8.cpp, also defines TANDEM_INT8.
//
// Why a namespace per ISA with an anonymous one inside: these bodies are compiled once per ISA, with that ISA's flags.
// The linker would merge a weak symbol (any inline function or template instance with external linkage) with its twin
// from another ISA, and an older CPU could meet an instruction that it lacks. Symbols with internal linkage are never
// merged. For the same reason nothing here calls into std:: or libm.
#include <xsimd/xsimd.hpp>

#include "kernels/kernel_table.hpp"

namespace tandem::inline TANDEM_ABI::kernels::TANDEM_ISA {
namespace {

#define TANDEM_STRING(x) TANDEM_QUOTED(x)
#define TANDEM_QUOTED(x) #x
constexpr const char* kIsaName = TANDEM_STRING(TANDEM_ISA);
#undef TANDEM_QUOTED
#undef TANDEM_STRING

#include "kernels/simd.inl.hpp"

#if defined(__x86_64__)
#include "kernels/simd_x86.inl.hpp"
#elif defined(__aarch64__)
#include "kernels/simd_neon.inl.hpp"
#endif

#include "kernels/types/f32.inl.hpp"

#include "kernels/types/half.inl.hpp"

#include "kernels/types/bf16.inl.hpp"

#include "kernels/types/f16.inl.hpp"

#include "kernels/several.inl.hpp"

#include "kernels/activation.inl.hpp"

#include "kernels/gelu.inl.hpp"

#include "kernels/activate.inl.hpp"

#include "kernels/epilogue.inl.hpp"

#include "kernels/gemm_steps.inl.hpp"

#include "kernels/gemm_folded.inl.hpp"

#include "kernels/gemm_pairs.inl.hpp"

#include "kernels/gemm_tile.inl.hpp"

#include "kernels/gemm_groups.inl.hpp"

#include "kernels/gemm.inl.hpp"

#include "kernels/gemv.inl.hpp"

#include "kernels/depthwise_row.inl.hpp"

#include "kernels/depthwise_any.inl.hpp"

#include "kernels/depthwise_few.inl.hpp"

#include "kernels/depthwise_stride1.inl.hpp"

#include "kernels/depthwise_stride2.inl.hpp"

#include "kernels/depthwise_tile.inl.hpp"

#include "kernels/depthwise.inl.hpp"

#include "kernels/channels.inl.hpp"

#include "kernels/pool.inl.hpp"

#include "kernels/spread.inl.hpp"

#include "kernels/transpose.inl.hpp"

#include "kernels/scale.inl.hpp"

#include "kernels/window_pool.inl.hpp"

#include "kernels/window_pool_row.inl.hpp"

#include "kernels/elementwise.inl.hpp"

#include "kernels/resize_few.inl.hpp"

#include "kernels/resize.inl.hpp"

#include "kernels/softmax_few.inl.hpp"

#include "kernels/softmax.inl.hpp"

#include "kernels/copy.inl.hpp"

#include "kernels/tables.inl.hpp"

#if defined(TANDEM_INT8)
#include "kernels/types/int8.inl.hpp"

#include "kernels/int8_blocks.inl.hpp"

#if defined(__x86_64__)
#include "kernels/int8_x86.inl.hpp"
#elif defined(__aarch64__)
#include "kernels/int8_neon.inl.hpp"
#endif

#include "kernels/int8_packs.inl.hpp"

#include "kernels/types/bytes.inl.hpp"

#include "kernels/fixed_point.inl.hpp"

#include "kernels/requantise.inl.hpp"

#include "kernels/quantised_gemv.inl.hpp"

#include "kernels/woven_rows.inl.hpp"

#include "kernels/woven_tiles.inl.hpp"

#include "kernels/woven_depthwise.inl.hpp"

#include "kernels/quantise.inl.hpp"

#include "kernels/byte_pairs.inl.hpp"

#include "kernels/fixed_point_elementwise.inl.hpp"

#include "kernels/quantised_elementwise.inl.hpp"

#include "kernels/quantised_pool.inl.hpp"

#include "kernels/fixed_point_pool.inl.hpp"

#include "kernels/lookup.inl.hpp"

#include "kernels/int8_tables.inl.hpp"
#endif

}  // namespace
}  // namespace tandem::inline TANDEM_ABI::kernels::TANDEM_ISA
