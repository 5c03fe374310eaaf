// Machines that tests plan for. A test that expects a decision of the planner hands one of these to plan(), and says how
// many workers there are: then the decision is the same wherever the test runs.
#pragma once

#include "tandem/machine.hpp"

namespace tandem::test {

/// A core of Zen 3 at 3.2 GHz with AVX2. Every field is given, so that no property of this machine plays a part.
inline MachineModel usual() {
  MachineModel m;
  m.l1_bytes = 32 << 10;
  m.l2_bytes = 512 << 10;
  m.l3_bytes = 32 << 20;
  m.multiply_adds = 16 * 3.2e9;
  m.l1_bandwidth = 64 * 3.2e9;
  m.l2_bandwidth = 32 * 3.2e9;
  m.l3_bandwidth = 12 * 3.2e9;
  m.memory_bandwidth = 5 * 3.2e9;
  m.fork_seconds = 2e-6;
  return m;
}

/// The same with slow arithmetic and forks that cost next to nothing: layers are shared by as many workers as have tasks.
inline MachineModel sharing() {
  MachineModel m = usual();
  m.multiply_adds /= 16.0;
  m.fork_seconds = 1e-12;
  return m;
}

}  // namespace tandem::test
