// From an ISA's name to its kernel table.
#pragma once

#include "kernels/kernel_table.hpp"
#include "tandem/isa.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The table of the ISA that select_isa(name) finds, for these types, with the tuning of the row that
/// select_microarchitecture() finds. Errors: the errors of both functions; kUnsupported if there is no such table.
Result<const kernels::KernelTable*> select_kernels(const char* name, const kernels::TypeRow& types = {}) noexcept;

/// From now on select_kernels() gives `table`, which must outlive all operators, in place of those with its ISA and
/// types, whatever their tuning; null: none any more. Only test programs call it, with functions that tell which rows run.
void pretend_kernels(const kernels::KernelTable* table) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
