// The arithmetic that the library is written for: IEEE, with NaN, infinities and signed zeros, in the order of the
// source. cmake/TandemInheritedFlags.cmake asks the compiler for it; a build that sets other flags afterwards ends
// here.
#pragma once

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__)
#error "Tandem cannot be compiled with -ffast-math, -Ofast or a part of them: its results would change, NaN above all"
#endif
