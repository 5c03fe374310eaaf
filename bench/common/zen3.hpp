// A fixed machine to plan for, if a figure must not depend on the machine that runs the program.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tandem/machine.hpp"

namespace tandem::bench {

/// A core of Zen 3 at 3.2 GHz, for an ISA of so many fp32 lanes. It multiplies and adds two vectors a cycle, or one if
/// a vector has more than 8 lanes. Every field is given.
constexpr MachineModel zen3(std::int32_t lanes) {
  constexpr double kHertz = 3.2e9;
  MachineModel m;
  m.l1_bytes = 32 << 10;
  m.l2_bytes = 512 << 10;
  m.l3_bytes = 32 << 20;
  m.multiply_adds = 2.0 * std::min(lanes, 8) * kHertz;
  m.l1_bandwidth = m.multiply_adds * sizeof(float);
  m.l2_bandwidth = 32.0 * kHertz;
  m.l3_bandwidth = 12.0 * kHertz;
  m.memory_bandwidth = 5.0 * kHertz;
  m.fork_seconds = 2e-6;
  m.row = "generic";  // in every build
  return m;
}

}  // namespace tandem::bench
