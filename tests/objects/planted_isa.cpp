// A faulty ISA file: beside its table it leaves a weak symbol behind. The test of symbols must see it.
#include "kernels/kernel_table.hpp"

namespace tandem::kernels {

inline void planted_weak_function(const GemmArgs& args) noexcept { args.c[0] *= 2.0F; }

extern const KernelTable planted_table;
const KernelTable planted_table{"planted", 1, false, planted_weak_function, {0, 0, 0}, nullptr, nullptr, nullptr};

}  // namespace tandem::kernels
