#include "src/machine/cpu_arm.hpp"

#if defined(__aarch64__)

#include <cstdint>

#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace tandem::inline TANDEM_ABI::internal {
namespace {

constexpr unsigned kArm = 0x41;
constexpr unsigned kApple = 0x61;

struct ArmPart {
  unsigned part;
  const char* row;
};
// Made by Arm. Source: the technical reference manuals of the cores, MIDR_EL1, and the kernel's arch/arm64/include/asm/cputype.h.
constexpr ArmPart kParts[] = {
    {0xD03, "cortex_a53"},  {0xD04, "cortex_a53"},  // and A35
    {0xD05, "cortex_a55"},  {0xD46, "cortex_a55"},  // and A510
    {0xD80, "cortex_a55"},                          // A520
    {0xD07, "cortex_a76"},  {0xD08, "cortex_a76"},  // A57, A72
    {0xD09, "cortex_a76"},  {0xD0A, "cortex_a76"},  // A73, A75
    {0xD0B, "cortex_a76"},  {0xD0D, "cortex_a76"},  // and A77
    {0xD41, "cortex_a76"},  {0xD47, "cortex_a76"},  // A78, A710
    {0xD4D, "cortex_a76"},  {0xD81, "cortex_a76"},  // A715, A720
    {0xD44, "cortex_x"},    {0xD48, "cortex_x"},    // X1, X2
    {0xD4E, "cortex_x"},    {0xD82, "cortex_x"},    // X3, X4
    {0xD0C, "neoverse_n1"}, {0xD49, "neoverse_n2"}, {0xD40, "neoverse_v1"}, {0xD4F, "neoverse_v2"},
};

#if defined(__APPLE__)
bool has(const char* feature) noexcept {
  int value = 0;
  std::size_t size = sizeof(value);
  return sysctlbyname(feature, &value, &size, nullptr, 0) == 0 && value != 0;
}
#endif

}  // namespace

ArmFeatures arm_features() noexcept {
  ArmFeatures f;
#if defined(__linux__)
  // Source: the kernel's arch/arm64/include/uapi/asm/hwcap.h.
  constexpr unsigned long kDotprod = 1UL << 20U;  // HWCAP_ASIMDDP
  constexpr unsigned long kI8mm = 1UL << 13U;     // HWCAP2_I8MM
  f.dotprod = (getauxval(AT_HWCAP) & kDotprod) != 0;
  f.i8mm = f.dotprod && (getauxval(AT_HWCAP2) & kI8mm) != 0;
#elif defined(__APPLE__)
  f.dotprod = has("hw.optional.arm.FEAT_DotProd");
  f.i8mm = f.dotprod && has("hw.optional.arm.FEAT_I8MM");
#endif
  return f;
}

ArmIdentity arm_identity() noexcept {
#if defined(__APPLE__)
  return {kApple, 0};
#elif defined(__linux__)
  constexpr unsigned long kCpuid = 1UL << 11U;  // HWCAP_CPUID: the kernel emulates the read below
  if ((getauxval(AT_HWCAP) & kCpuid) == 0) return {};
  std::uint64_t midr = 0;
  __asm__("mrs %0, midr_el1" : "=r"(midr));
  return {static_cast<unsigned>(midr >> 24U & 0xFFU), static_cast<unsigned>(midr >> 4U & 0xFFFU)};
#else
  return {};
#endif
}

const char* arm_microarchitecture(const ArmIdentity& cpu) noexcept {
  if (cpu.implementer == kApple) return "apple";
  for (const ArmPart& known : kParts) {
    if (cpu.implementer == kArm && known.part == cpu.part) return known.row;
  }
  return "generic";
}

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
