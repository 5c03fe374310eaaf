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
Registers cpuid(unsigned leaf) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) r = {};
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

constexpr unsigned kYmmState = 0x06;  // XMM and the upper halves of YMM
constexpr unsigned kZmmState = 0xe6;  // these, masks, the upper halves of ZMM, and ZMM16 to 31

}  // namespace

X86Features x86_features() noexcept {
  const Registers first = cpuid(1);
  const Registers seventh = cpuid(7);
  const unsigned saved = has_bit(first.ecx, 27) ? saved_state() : 0;  // OSXSAVE
  X86Features f;
  f.sse41 = has_bit(first.ecx, 19);
  const bool avx = has_bit(first.ecx, 28) && (saved & kYmmState) == kYmmState;
  f.avx2 = avx && has_bit(seventh.ebx, 5) && has_bit(first.ecx, 12) && has_bit(first.ecx, 29);
  // CD is what xsimd from 13 on wants beside DQ. No CPU has one without the other.
  f.avx512 = f.avx2 && (saved & kZmmState) == kZmmState && has_bit(seventh.ebx, 16) && has_bit(seventh.ebx, 17) &&
             has_bit(seventh.ebx, 28) && has_bit(seventh.ebx, 30) && has_bit(seventh.ebx, 31);
  return f;
}

X86Model x86_model() noexcept {
  const Registers vendor = cpuid(0);
  const unsigned eax = cpuid(1).eax;
  X86Model m;
  char name[12];
  std::memcpy(name, &vendor.ebx, 4);
  std::memcpy(name + 4, &vendor.edx, 4);
  std::memcpy(name + 8, &vendor.ecx, 4);
  m.amd = std::memcmp(name, "AuthenticAMD", sizeof name) == 0;
  m.family = (eax >> 8U & 0xFU) + (eax >> 20U & 0xFFU);
  return m;
}

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
