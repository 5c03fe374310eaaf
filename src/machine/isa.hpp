// From an ISA's name to its kernel table.
#pragma once

#include "kernels/kernel_table.hpp"
#include "tandem/isa.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The table of select_isa(name) for these types, with the tuning of select_microarchitecture(). Errors: those of these
/// two; kUnsupported if there is no such table.
Result<const kernels::KernelTable*> select_kernels(const char* name, const kernels::TypeRow& types = {}) noexcept;

/// From now on select_kernels() gives `table`, which must outlive all operators, in place of those with its ISA and
/// types, whatever their tuning; null: none any more. Only test programs call it, with functions that tell which rows run.
void pretend_kernels(const kernels::KernelTable* table) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
