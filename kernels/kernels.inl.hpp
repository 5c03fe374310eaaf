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

#include "kernels/simd.inl.hpp"

#include "kernels/activation.inl.hpp"

#include "kernels/epilogue.inl.hpp"

#include "kernels/gemm_narrow.inl.hpp"

#include "kernels/gemm.inl.hpp"

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

// The register tiles of the matrix product: rows for panels of 1, 2 and 3 vectors.
template <class S, int Rows1, int Rows2, int Rows3>
constexpr KernelTable make_table(const char* name) {
  return {.name = name,
          .vector_floats = S::kWidth,
          .fused_multiply_add = S::kFused,
          .gemm = gemm<S, Rows1, Rows2, Rows3>,
          .gemm_rows = {Rows1, Rows2, Rows3},
          .gemm_halves = S::kHalves,
          .gemv = gemv<S>,
          .depthwise = depthwise<S>,
          .pair_outputs = {kPairOutputs<S, 1>, kPairOutputs<S, 2>},
          .global_average_pool = global_average_pool<S>,
          .spread = spread<S>,
          .transpose = transpose<S>,
          .scale_channels = scale_channels<S>};
}

}  // namespace
}  // namespace tandem::inline TANDEM_ABI::kernels::TANDEM_ISA
