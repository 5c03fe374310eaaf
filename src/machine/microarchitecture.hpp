// What the library knows of a microarchitecture, a row for each: how many vectors its ports multiply and load, how many
// instructions its front end issues, what its caches deliver, and which register tiles suit that. Plain data.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// How a core runs vectors of one width.
struct VectorUnits {
  double multiply_adds = 2;  ///< vectors that it multiplies and adds in a cycle; less than 2 where halves take turns
  double loads = 2;          ///< vectors that it loads from L1 in a cycle
  kernels::Tuning tuning = {};
  kernels::Tuning int8 = tuning;  ///< of the kernels for 8 bits
};

struct Microarchitecture {
  const char* name;  ///< as TANDEM_MACHINE and MachineModel::row take it
  int issue_width;   ///< instructions that enter execution in a cycle
  /// A matrix product prefetches the lines of a result outside L2, so that stores need not wait. Not where that was
  /// measured to take longer: 112x112x16-64 in 322 us with it, 270 without, on Emerald Rapids with AVX-512; on Zen 4
  /// layers whose results lie beyond L2 take 0.97 to 1.00 of the time without.
  bool prefetches_results;
  double hertz;         ///< clock while all cores multiply vectors
  double l2_bytes;      ///< bytes a cycle that a core reads from L2
  double l3_bytes;      ///< from L3
  double memory_bytes;  ///< from memory, all cores together
  VectorUnits wide;     ///< vectors of 512 bits
  VectorUnits middle;   ///< of 256 bits
  VectorUnits narrow;   ///< of 128 bits and single floats

  [[nodiscard]] constexpr const VectorUnits& units(std::int32_t lanes) const noexcept {
    if (lanes >= 16) return wide;
    return lanes == 8 ? middle : narrow;
  }
};

/// All rows; the one of unknown CPUs is the last.
using Microarchitectures = kernels::KernelRows<Microarchitecture>;
Microarchitectures microarchitectures() noexcept;

/// The row of this name. If the name is null or empty, the row that TANDEM_MACHINE names, or else the row of this CPU.
/// kInvalidArgument if there is no such row: the sentence quotes the name, then `origin`, and lists the names of all rows.
Result<const Microarchitecture*> select_microarchitecture(const char* name = nullptr, const char* origin = "") noexcept;

/// The row of this CPU by its family and model, or its features.
const Microarchitecture& this_microarchitecture() noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
