// From an ISA's name to its kernel table.
#pragma once

#include "kernels/kernel_table.hpp"
#include "tandem/isa.hpp"

namespace tandem::internal {

/// The table of select_isa(name), with its errors.
Result<const kernels::KernelTable*> select_kernels(const char* name) noexcept;

}  // namespace tandem::internal
