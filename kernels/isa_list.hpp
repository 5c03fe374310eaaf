// The ISAs of this build, fastest first, "scalar" last. Dispatch, tests and benches include this one list.
//
// TANDEM_FOR_EACH_ISA(X) expands to X(name) for each row. To add an ISA, add its row here, its row of compiler flags in
// cmake/TandemIsa.cmake, its feature test in src/machine/isa.cpp and its file kernels/isa/<name>.cpp.
#pragma once

#if defined(__x86_64__)
#define TANDEM_FOR_EACH_ISA(X) X(avx512) X(avx2) X(sse41) X(scalar)
#elif defined(__aarch64__)
#define TANDEM_FOR_EACH_ISA(X) X(neon) X(scalar)
#else
#define TANDEM_FOR_EACH_ISA(X) X(scalar)
#endif
