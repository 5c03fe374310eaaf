// All kernel bodies, in the namespace of the ISA that includes them. An ISA file defines TANDEM_ISA, its name, and
// includes this once; see kernels/isa/.
//
// Why a namespace of its own and an anonymous one inside it: these bodies are compiled once an ISA, with that ISA's
// flags. A weak symbol from here (any inline function or template instance with external linkage) would be merged by
// the linker with its twin from another ISA, and an older CPU could meet an instruction it does not have. With internal
// linkage nothing can be merged. For the same reason nothing here calls into std:: or libm.
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

#include "kernels/activation.inl.hpp"

#include "kernels/epilogue.inl.hpp"

#include "kernels/gemm.inl.hpp"

#include "kernels/gemm_narrow.inl.hpp"

#include "kernels/gemv.inl.hpp"

#include "kernels/depthwise_row.inl.hpp"

#include "kernels/depthwise_any.inl.hpp"

#include "kernels/depthwise_few.inl.hpp"

#include "kernels/depthwise_stride1.inl.hpp"

#include "kernels/depthwise_stride2.inl.hpp"

#include "kernels/depthwise_tile.inl.hpp"

#include "kernels/depthwise.inl.hpp"

#include "kernels/pool.inl.hpp"

#include "kernels/spread.inl.hpp"

#include "kernels/transpose.inl.hpp"

#include "kernels/scale.inl.hpp"

#include "kernels/tables.inl.hpp"

}  // namespace
}  // namespace tandem::inline TANDEM_ABI::kernels::TANDEM_ISA
