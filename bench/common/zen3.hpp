// A machine to plan for, so that what is printed does not depend on where it is.
#pragma once

#include "tandem/machine.hpp"

namespace tandem::bench {

/// A core of Zen 3 with 512 KB of L2.
inline MachineModel zen3() {
  MachineModel m;
  m.l1_bytes = 32 << 10;
  m.l2_bytes = 512 << 10;
  m.l3_bytes = 32 << 20;
  return m;
}

}  // namespace tandem::bench
