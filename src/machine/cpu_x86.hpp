// What an x86-64 CPU has, by CPUID and XGETBV. It needs no constructor and no runtime library, so that it may be asked
// from the earliest code of a program. (The compiler's __builtin_cpu_supports reads a variable that libgcc fills in a
// constructor. Before that, and for ever in some C libraries, it sees a CPU without features.)
#pragma once

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

#if defined(__x86_64__)

namespace tandem::inline TANDEM_ABI::internal {

/// The features that the kernels are compiled for. One that needs wide registers counts only if the operating system
/// saves them. Source: Intel SDM volume 1, 14.3 and 15.2 to 15.4.
struct X86Features {
  bool sse41 = false;
  bool avx2 = false;  // with FMA and F16C
  bool avxvnni = false;
  bool avx512 = false;  // F, CD, BW, DQ and VL
  bool avx512vnni = false;
};
X86Features x86_features() noexcept;

/// Who made the CPU, and which it is. Family and model as the manuals count them, with their extended parts.
struct X86Identity {
  bool intel = false;
  bool amd = false;  // or Hygon, which builds Zen
  unsigned family = 0;
  unsigned model = 0;
  X86Features features;
};
X86Identity x86_identity() noexcept;

/// The name of the row in microarchitecture.cpp; a row with the same features for a CPU that is not listed.
const char* x86_microarchitecture(const X86Identity& cpu) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal

#endif
