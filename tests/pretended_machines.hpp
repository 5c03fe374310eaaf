// Lets a whole test program run as if on another machine, to find tests that pass on some machines only.
#pragma once

#include <cstdint>

#include "tandem/machine.hpp"

namespace tandem::test {

struct PretendedMachine {
  const char* name;
  std::int32_t workers;  ///< that the default executor offers
  MachineModel model;    ///< stands in for what the library would ask the machine at hand
};

/// The machine that TANDEM_TEST_MACHINE names, null where the variable is unset. A name that is not in the list ends
/// the program with a message that lists them.
const PretendedMachine* pretended_machine();

/// run() on that machine. Without oneTBB the default executor is inline on every machine.
int run_on(const PretendedMachine& machine, int (*run)());

}  // namespace tandem::test
