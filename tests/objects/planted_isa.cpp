// A faulty ISA file: beside its tables it leaves a weak symbol behind. The test of symbols must see it.
#include "kernels/kernel_table.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

inline void planted_weak_function(const GemvArgs& args) noexcept { *static_cast<float*>(args.c) *= 2.0F; }

namespace {
constexpr KernelTable with_gemv(GemvFunction gemv) {
  KernelTable table{};
  table.gemv = gemv;
  return table;
}
constexpr KernelTable kPlanted = with_gemv(planted_weak_function);
}  // namespace

extern const IsaTables planted_tables;
constinit const IsaTables planted_tables = {&kPlanted, 1};

}  // namespace tandem::inline TANDEM_ABI::kernels
