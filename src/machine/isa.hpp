// From an ISA's name to its kernel table, and how fast this CPU runs it.
#pragma once

#include "kernels/kernel_table.hpp"
#include "tandem/isa.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The table of select_isa(name) for these types. Errors: those of select_isa(); kUnsupported if there is no such
/// table.
Result<const kernels::KernelTable*> select_kernels(const char* name, const kernels::TypeRow& types = {}) noexcept;

/// From now on select_kernels() gives `table`, which must outlive all operators, in place of the one with its ISA and
/// types; null: none any more. Only test programs call it, with functions that tell which rows run.
void pretend_kernels(const kernels::KernelTable* table) noexcept;

/// Vectors of this table that a core multiplies and adds in a cycle, and loads: 2 on most CPUs, 1 where the halves of a
/// vector take turns in units half as wide.
int vectors_a_cycle(const kernels::KernelTable& kernels) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
