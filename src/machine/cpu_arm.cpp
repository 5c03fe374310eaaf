#include "src/machine/cpu_arm.hpp"

#if defined(__aarch64__)

#include <cstdint>

#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace tandem::inline TANDEM_ABI::internal {
namespace {

struct ArmPart {
  unsigned implementer;
  unsigned part;
  const char* row;
};
// Source: the technical reference manuals of the cores, MIDR_EL1, and the kernel's arch/arm64/include/asm/cputype.h.
[[maybe_unused]] constexpr ArmPart kParts[] = {
    {0x41, 0xD03, "cortex_a53"},  {0x41, 0xD04, "cortex_a53"},  // and A35
    {0x41, 0xD05, "cortex_a55"},  {0x41, 0xD46, "cortex_a55"},  // and A510
    {0x41, 0xD80, "cortex_a55"},                                // A520
    {0x41, 0xD07, "cortex_a76"},  {0x41, 0xD08, "cortex_a76"},  // A57, A72
    {0x41, 0xD09, "cortex_a76"},  {0x41, 0xD0A, "cortex_a76"},  // A73, A75
    {0x41, 0xD0B, "cortex_a76"},  {0x41, 0xD0D, "cortex_a76"},  // and A77
    {0x41, 0xD41, "cortex_a76"},  {0x41, 0xD47, "cortex_a76"},  // A78, A710
    {0x41, 0xD4D, "cortex_a76"},  {0x41, 0xD81, "cortex_a76"},  // A715, A720
    {0x41, 0xD44, "cortex_x"},    {0x41, 0xD48, "cortex_x"},    // X1, X2
    {0x41, 0xD4E, "cortex_x"},    {0x41, 0xD82, "cortex_x"},    // X3, X4
    {0x41, 0xD0C, "neoverse_n1"}, {0x41, 0xD49, "neoverse_n2"},
    {0x41, 0xD40, "neoverse_v1"}, {0x41, 0xD4F, "neoverse_v2"},
};

}  // namespace

const char* arm_microarchitecture() noexcept {
#if defined(__APPLE__)
  return "apple";
#elif defined(__linux__)
  constexpr unsigned long kCpuid = 1UL << 11U;  // HWCAP_CPUID: the kernel emulates the read below
  if ((getauxval(AT_HWCAP) & kCpuid) == 0) return "generic";
  std::uint64_t midr = 0;
  __asm__("mrs %0, midr_el1" : "=r"(midr));
  const auto implementer = static_cast<unsigned>(midr >> 24U & 0xFFU);
  const auto part = static_cast<unsigned>(midr >> 4U & 0xFFFU);
  if (implementer == 0x61) return "apple";
  for (const ArmPart& known : kParts) {
    if (known.implementer == implementer && known.part == part) return known.row;
  }
  return "generic";
#else
  return "generic";
#endif
}

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
