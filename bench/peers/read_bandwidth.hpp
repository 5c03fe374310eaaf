// The slanted roofs of the roofline: the bytes per second that one core reads from each level of the memory.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tandem::bench::peers {

struct MemoryLevel {
  std::string name;   // "L1", "L2", "L3", "DRAM"
  std::size_t bytes;  // of the array that was read
  double bytes_per_second = 0.0;
};

/// Measures the levels whose size the system reports, and the memory behind them; takes half a second.
/// @param isa  a name of tandem::isas() that this CPU has; its vectors are loaded
[[nodiscard]] std::vector<MemoryLevel> measure_read_bandwidths(const std::string& isa);

}  // namespace tandem::bench::peers
