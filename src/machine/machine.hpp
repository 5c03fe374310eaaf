// The machine that plan() plans for: what the caller said of it, and defaults where it said nothing.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/machine/cache.hpp"
#include "tandem/machine.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A MachineModel without gaps, beside what the cost model needs of the kernels.
struct Machine {
  MachineModel model;
  CacheSizes caches;       ///< of the model, for those who block by cache sizes alone
  std::int64_t lanes;      ///< V, fp32 lanes of a vector
  std::int64_t tile_rows;  ///< register tile of the matrix product
  std::int64_t columns;    ///< in which the time of a matrix product grows: V, or half of it
  double cycle;            ///< seconds in which a core multiplies and adds two vectors
  double loads_a_cycle;    ///< vectors from L1
  double tensor_bytes;     ///< of an element
  double weight_bytes;     ///< of an element of a packed matrix
};

/// Each field must be 0 or positive and finite.
Status check_machine(const MachineModel& model) noexcept;

/// Fills the gaps with the caches of this machine and the rates of the ISA.
Machine resolve_machine(const MachineModel& model, const kernels::KernelTable& kernels) noexcept;

/// From now on resolve_machine() fills a gap from `model`, and asks this machine only where that has a gap too. Only test
/// programs call it, before their first plan: the library must decide alike wherever it runs.
void pretend_machine(const MachineModel& model) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
