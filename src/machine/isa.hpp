// From an ISA's name to its kernel table, and how fast this CPU runs it.
#pragma once

#include "kernels/kernel_table.hpp"
#include "tandem/isa.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The table of select_isa(name) for these types. Errors: those of select_isa(); kUnsupported if there is no such
/// table.
Result<const kernels::KernelTable*> select_kernels(const char* name, const kernels::TypeRow& types = {}) noexcept;

/// Vectors of this table that a core multiplies and adds in a cycle, and that it loads: 2 on most CPUs; 1 if its units
/// are half as wide and take a vector in two halves.
int vectors_a_cycle(const kernels::KernelTable& kernels) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
