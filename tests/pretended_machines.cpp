// The list of machines, and how a program pretends to run on one.
#include "pretended_machines.hpp"

#if TANDEM_TEST_WITH_TBB
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "src/machine/machine.hpp"

namespace tandem::test {
namespace {

constexpr std::int64_t kKilo = 1 << 10;
constexpr std::int64_t kMega = 1 << 20;

// Multiply-adds and loads that are 0 are those of the ISA that runs, at 3.2 GHz. Where L3 is as large as L2, there is
// none.
constexpr PretendedMachine kMachines[] = {
    // name, workers, {L1, L2, L3, multiply-adds, bandwidths of L1, L2, L3 and memory, seconds of a fork}
    {"single_core", 1, {24 * kKilo, 256 * kKilo, 256 * kKilo, 0.0, 0.0, 20e9, 3e9, 3e9, 5e-6}},
    {"cortex_a53", 4, {32 * kKilo, 512 * kKilo, 512 * kKilo, 4.8e9, 19e9, 10e9, 2e9, 2e9, 10e-6}},
    {"zen3", 2, {32 * kKilo, 512 * kKilo, 32 * kMega, 0.0, 0.0, 102e9, 38e9, 16e9, 2e-6}},
    {"cascade_lake", 2, {32 * kKilo, 1 * kMega, 36 * kMega, 76.5e9, 306e9, 120e9, 24e9, 12e9, 2e-6}},
    {"emerald_rapids", 16, {48 * kKilo, 2 * kMega, 100 * kMega, 99e9, 397e9, 149e9, 31e9, 100e9, 3e-6}},
    {"many_cores", 64, {32 * kKilo, 1 * kMega, 96 * kMega, 0.0, 0.0, 102e9, 38e9, 200e9, 2e-6}},
    // Beyond what is sold, so that a decision for or against sharing that a test waits for turns round.
    {"slow_forks", 8, {64 * kKilo, 2 * kMega, 64 * kMega, 200e9, 800e9, 400e9, 200e9, 200e9, 1e-3}},
    {"free_forks", 64, {16 * kKilo, 128 * kKilo, 1 * kMega, 1e9, 4e9, 4e9, 1e9, 1e9, 1e-12}},
};

}  // namespace

const PretendedMachine* pretended_machine() {
  const char* name = std::getenv("TANDEM_TEST_MACHINE");
  if (name == nullptr || *name == '\0') return nullptr;
  for (const PretendedMachine& machine : kMachines) {
    if (std::strcmp(machine.name, name) == 0) return &machine;
  }
  std::fprintf(stderr, "TANDEM_TEST_MACHINE is \"%s\"; the valid names are:\n", name);
  for (const PretendedMachine& machine : kMachines) std::fprintf(stderr, "%s\n", machine.name);
  std::exit(2);
}

int run_on(const PretendedMachine& machine, int (*run)()) {
  internal::pretend_machine(machine.model);
#if TANDEM_TEST_WITH_TBB
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(machine.workers));
  tbb::task_arena arena(machine.workers);
  return arena.execute(run);
#else
  return run();
#endif
}

}  // namespace tandem::test
