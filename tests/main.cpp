// The main() of every test program: refuses a TANDEM_ISA that cannot run, before any test could quietly skip it.
#include <gtest/gtest.h>

#include <cstdio>

#include "guarded_buffer.hpp"
#include "tandem/isa.hpp"

int main(int argc, char** argv) {
  const tandem::Result<const char*> isa = tandem::select_isa();
  if (!isa.ok()) {
    std::fprintf(stderr, "%s\n", isa.status().message());
    return 2;
  }
  tandem::test::GuardedBuffer::install_fault_handler();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
