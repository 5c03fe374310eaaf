// A faulty ISA file: beside its table it leaves a weak symbol behind. The test of symbols must see it.
#include "kernels/kernel_table.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

inline void planted_weak_function(const GemmArgs& args) noexcept { args.c[0] *= 2.0F; }

namespace {
constexpr KernelTable with_gemm(GemmFunction gemm) {
  KernelTable table{};
  table.gemm = gemm;
  return table;
}
}  // namespace

extern const KernelTable planted_table;
constinit const KernelTable planted_table = with_gemm(planted_weak_function);

}  // namespace tandem::inline TANDEM_ABI::kernels
