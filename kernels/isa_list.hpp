// The ISAs of this build, fastest first, "scalar" last: the one list that dispatch, tests and benches include.
//
// TANDEM_FOR_EACH_ISA(X) expands X(name) a row. Adding one: its row here, its row of compiler flags in
// cmake/TandemIsa.cmake, its feature test in src/machine/isa.cpp, its file kernels/isa/<name>.cpp.
#pragma once

#if defined(__x86_64__)
#define TANDEM_FOR_EACH_ISA(X) X(avx512) X(avx2) X(sse41) X(scalar)
#elif defined(__aarch64__)
#define TANDEM_FOR_EACH_ISA(X) X(neon) X(scalar)
#else
#define TANDEM_FOR_EACH_ISA(X) X(scalar)
#endif
