// The machine that plan() plans for. plan() never measures: it takes cache sizes from the operating system and the rates
// of the CPU's microarchitecture from a list, unless the caller gives others.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// One core, and the caches and the memory that cores share. A field of 0 stands for the library's own figure. The
/// figures need not be exact: they only have to rank the ways to run one layer. plan() refuses a negative or non-finite
/// figure and an unknown row.
struct MachineModel {
  std::int64_t l1_bytes = 0;  ///< data cache of a core, bytes; 0: the operating system's figure, else 32 KB
  std::int64_t l2_bytes = 0;  ///< private second level, bytes; 0: the operating system's figure, else 512 KB
  std::int64_t l3_bytes = 0;  ///< last level, bytes; 0: the operating system's figure, else 8 MB

  double multiply_adds = 0.0;     ///< fp32 multiply-adds per second of one core; 0: the row's, for the ISA's vectors
  double l1_bandwidth = 0.0;      ///< L1 to registers, bytes/s of one core; 0: the row's
  double l2_bandwidth = 0.0;      ///< L2 to L1, bytes/s of one core; 0: the row's
  double l3_bandwidth = 0.0;      ///< L3 to L2, bytes/s of one core; 0: the row's
  double memory_bandwidth = 0.0;  ///< memory to L2, bytes/s of all cores together; 0: the row's
  double fork_seconds = 0.0;      ///< handing work to a second thread and waiting for it; 0: 2 microseconds

  /// Name of the microarchitecture whose figures replace the zeros above: "cascade_lake", "zen4", on ARM "neoverse_n1" ...
  /// plan() refuses an unknown name and lists the names of this CPU's architecture. Null: the name in the environment
  /// variable TANDEM_MACHINE, or else the CPU's own by its family and model. create() lays out weights by the variable
  /// and the CPU alone. Results have the same bits for all.
  const char* row = nullptr;
};

}  // namespace TANDEM_ABI
}  // namespace tandem
