#include "src/machine/cpu_x86.hpp"

#if defined(__x86_64__)

#include <cpuid.h>

#include <cstring>

namespace tandem::inline TANDEM_ABI::internal {
namespace {

struct Registers {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
};

// Zeros for a leaf that the CPU does not know.
Registers cpuid(unsigned leaf, unsigned subleaf = 0) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) r = {};
  return r;
}

constexpr bool has_bit(unsigned word, unsigned bit) noexcept { return (word >> bit & 1U) != 0; }

// The parts of the registers that the operating system saves. XGETBV exists only if OSXSAVE is set.
unsigned saved_state() noexcept {
  unsigned low = 0;
  unsigned high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

struct IntelModel {
  unsigned model;
  const char* row;
};
// Of family 6. Source: Intel SDM volume 4, table 2-1, and the kernel's intel-family.h.
constexpr IntelModel kIntelModels[] = {
    {0x3C, "haswell"},         {0x3F, "haswell"},         {0x45, "haswell"},
    {0x46, "haswell"},         {0x3D, "haswell"},         {0x47, "haswell"},
    {0x4F, "haswell"},         {0x56, "haswell"},  // Broadwell
    {0x4E, "skylake"},         {0x5E, "skylake"},         {0x8E, "skylake"},
    {0x9E, "skylake"},         {0xA5, "skylake"},         {0xA6, "skylake"},          // Comet Lake
    {0x55, "cascade_lake"},                                                           // and Skylake-X
    {0x6A, "ice_lake"},        {0x6C, "ice_lake"},                                    // Xeon
    {0x7D, "ice_lake_client"}, {0x7E, "ice_lake_client"}, {0x66, "ice_lake_client"},  // and Cannon Lake
    {0x8C, "ice_lake_client"}, {0x8D, "ice_lake_client"}, {0xA7, "ice_lake_client"},  // Tiger, Rocket Lake
    {0x8F, "sapphire_rapids"}, {0xCF, "sapphire_rapids"}, {0xAD, "sapphire_rapids"},  // Emerald, Granite
    {0xAE, "sapphire_rapids"}, {0x97, "alder_lake"},      {0x9A, "alder_lake"},
    {0xB7, "alder_lake"},      {0xBA, "alder_lake"},      {0xBF, "alder_lake"},
    {0xAA, "alder_lake"},      {0xAC, "alder_lake"},      {0xB5, "alder_lake"},
    {0xC5, "alder_lake"},      {0xC6, "alder_lake"},      {0xBD, "alder_lake"},
    {0xCC, "alder_lake"},      {0xBE, "gracemont"},       {0xAF, "gracemont"},
    {0xB6, "gracemont"},  // and Crestmont
};

// Source: AMD's revision guides of families 17h, 19h and 1Ah, and the kernel's arch/x86/kernel/cpu/amd.c.
const char* amd_microarchitecture(const X86Identity& cpu) noexcept {
  const unsigned model = cpu.model;
  if (cpu.family < 0x17) return "generic";
  if (cpu.family <= 0x18) return cpu.family == 0x17 && model >= 0x30 ? "zen2" : "zen";
  if (cpu.family == 0x19) return cpu.features.avx512 ? "zen4" : "zen3";
  const bool mobile = cpu.family == 0x1A && ((model >= 0x20 && model <= 0x2F) || (model >= 0x60 && model <= 0x7F));
  return mobile ? "zen5_mobile" : "zen5";
}

const char* intel_microarchitecture(const X86Identity& cpu) noexcept {
  for (const IntelModel& known : kIntelModels) {
    if (cpu.family == 6 && known.model == cpu.model) return known.row;
  }
  // Newer models have wide front ends.
  if (cpu.features.avx512) return "sapphire_rapids";
  return cpu.features.avx2 ? "alder_lake" : "generic";
}

constexpr unsigned kYmmState = 0x06;  // XMM and the upper halves of YMM
constexpr unsigned kZmmState = 0xe6;  // these, masks, the upper halves of ZMM, and ZMM16 to 31

X86Features ask_features() noexcept {
  const Registers first = cpuid(1);
  const Registers seventh = cpuid(7);
  const unsigned saved = has_bit(first.ecx, 27) ? saved_state() : 0;  // OSXSAVE
  X86Features f;
  f.sse41 = has_bit(first.ecx, 19);
  const bool avx = has_bit(first.ecx, 28) && (saved & kYmmState) == kYmmState;
  f.avx2 = avx && has_bit(seventh.ebx, 5) && has_bit(first.ecx, 12) && has_bit(first.ecx, 29);
  // Leaf 7 says in EAX how many more of it there are.
  f.avxvnni = f.avx2 && seventh.eax >= 1 && has_bit(cpuid(7, 1).eax, 4);
  // CD is what xsimd from 13 on wants beside DQ. No CPU has one without the other.
  f.avx512 = f.avx2 && (saved & kZmmState) == kZmmState && has_bit(seventh.ebx, 16) && has_bit(seventh.ebx, 17) &&
             has_bit(seventh.ebx, 28) && has_bit(seventh.ebx, 30) && has_bit(seventh.ebx, 31);
  f.avx512vnni = f.avx512 && has_bit(seventh.ecx, 11);
  return f;
}

}  // namespace

X86Features x86_features() noexcept {
  static const X86Features features = ask_features();  // once: in a virtual machine CPUID calls the hypervisor
  return features;
}

X86Identity x86_identity() noexcept {
  const Registers maker = cpuid(0);
  const unsigned eax = cpuid(1).eax;
  char name[12];
  std::memcpy(name, &maker.ebx, 4);
  std::memcpy(name + 4, &maker.edx, 4);
  std::memcpy(name + 8, &maker.ecx, 4);
  const auto is = [&](const char* other) { return std::memcmp(name, other, sizeof name) == 0; };
  return {is("GenuineIntel"), is("AuthenticAMD") || is("HygonGenuine"), (eax >> 8U & 0xFU) + (eax >> 20U & 0xFFU),
          (eax >> 4U & 0xFU) | (eax >> 12U & 0xF0U), x86_features()};
}

const char* x86_microarchitecture(const X86Identity& cpu) noexcept {
  if (cpu.amd) return amd_microarchitecture(cpu);
  return cpu.intel ? intel_microarchitecture(cpu) : "generic";
}

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
