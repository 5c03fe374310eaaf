// Machines that tests plan for. A test that expects a decision of the planner hands one of these to plan(), and says
// how many workers there are: then the decision is the same wherever the test runs.
#pragma once

#include "bench/common/zen3.hpp"
#include "tandem/machine.hpp"

namespace tandem::test {

/// A core of Zen 3 with AVX2. Every field is given, so that no property of this machine plays a part.
inline MachineModel usual() { return bench::zen3(8); }

/// The same with slow arithmetic and forks that cost next to nothing: layers are shared by as many workers as have
/// tasks.
inline MachineModel sharing() {
  MachineModel m = usual();
  m.multiply_adds /= 16.0;
  m.fork_seconds = 1e-12;
  return m;
}

}  // namespace tandem::test
