// The ceiling of every figure in this folder: how many GFLOP/s this machine reaches, in this process, when it does
// nothing but multiply-adds with the vectors of one ISA. peak_fraction is a share of it.
#pragma once

#include <string>

namespace tandem::bench {

/// Measures the FMA peak of an ISA with `threads` threads at once; takes about 50 ms. A multiply-add is two flops. An
/// ISA without a fused multiply-add is measured by multiplications and additions in equal number.
/// @param isa      a name of tandem::isas() that this CPU has
/// @param threads  >= 1; more than the machine's cores measure the cores
/// @return GFLOP/s; 0 for an ISA that has no loop here
double measure_fma_peak(const std::string& isa, int threads);

}  // namespace tandem::bench
