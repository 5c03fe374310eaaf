// The machine that plan() plans for: the values that the caller gave, and defaults for the rest.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/machine/cache.hpp"
#include "tandem/machine.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A MachineModel without zeros, and the figures of the kernels that the cost model needs.
struct Machine {
  MachineModel model;
  CacheSizes caches;           ///< of the model, for blocking by cache sizes
  const char* row;             ///< name of the Microarchitecture
  std::int64_t lanes;          ///< V, fp32 lanes of a vector
  std::int64_t panel_vectors;  ///< vectors of a full panel of a packed matrix
  std::int64_t tile_rows;      ///< rows of the register tile for such a panel
  std::int64_t columns;        ///< step in which the time of a matrix product grows: V, or half of it
  kernels::Folds folds;        ///< the matrices whose last vector takes less time
  double cycle;                ///< seconds in which a core multiplies and adds two vectors
  double latency;              ///< from one multiply-add of a chain to the next, in such cycles
  double loads_a_cycle;        ///< vectors loaded from L1 in such a cycle
  double instructions;         ///< issued in such a cycle
  double tensor_bytes;         ///< bytes of an element of a tensor
  double weight_bytes;         ///< bytes of an element of a packed matrix
  bool prefetches_results;     ///< see Microarchitecture
};

/// Each figure must be 0, or positive and finite; the row must be null or exist.
Status check_machine(const MachineModel& model) noexcept;

/// Replaces zeros by the caches of this machine and the rates of the row that the model names, or else of the row that
/// create() uses. The model was checked.
Machine resolve_machine(const MachineModel& model, const kernels::KernelTable& kernels) noexcept;

/// From now on resolve_machine() replaces zeros by the fields of `model`, and asks this machine only for fields that
/// are 0 there too. Only test programs call it, before their first plan, so that the library decides alike on every
/// machine.
void pretend_machine(const MachineModel& model) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
