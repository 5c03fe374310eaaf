// The main() of every test program: refuses a TANDEM_ISA that cannot run, before any test could quietly skip it, and
// runs the tests on the machine that TANDEM_TEST_MACHINE names.
#include <gtest/gtest.h>

#include <cstdio>

#include "guarded_buffer.hpp"
#include "pretended_machines.hpp"
#include "tandem/isa.hpp"

int main(int argc, char** argv) {
  const tandem::Result<const char*> isa = tandem::select_isa();
  if (!isa.ok()) {
    std::fprintf(stderr, "%s\n", isa.status().message());
    return 2;
  }
  tandem::test::GuardedBuffer::install_fault_handler();
  testing::InitGoogleTest(&argc, argv);
  const tandem::test::PretendedMachine* machine = tandem::test::pretended_machine();
  if (machine == nullptr) return RUN_ALL_TESTS();
  return tandem::test::run_on(*machine, [] { return RUN_ALL_TESTS(); });
}
