// The ceiling of every figure in this folder: the GFLOP/s of this machine, in this process, if it does nothing but
// multiply-adds with the vectors of one ISA. peak_fraction is a share of it.
#pragma once

#include <string>

namespace tandem::bench {

/// Measures the FMA peak of an ISA on `threads` threads at once; takes about 50 ms. A multiply-add is two flops. An ISA
/// without a fused multiply-add is measured with as many multiplications as additions.
/// @param isa      a name of tandem::isas() that this CPU has
/// @param threads  >= 1; more threads than cores reach the peak of all cores
/// @return GFLOP/s; 0 for an ISA without a loop here
double measure_fma_peak(const std::string& isa, int threads);

}  // namespace tandem::bench
