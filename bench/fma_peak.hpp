// The ceilings of the figures in this folder: what this machine does, in this process, if it does nothing but multiply-adds
// with the vectors of one ISA. peak_fraction is a share of one of them.
#pragma once

#include <string>

namespace tandem::bench {

/// Measures the FMA peak of an ISA on `threads` threads at once; takes about 50 ms. A multiply-add is two flops. An ISA
/// without a fused multiply-add is measured with as many multiplications as additions.
/// @param isa      a name of tandem::isas() that this CPU has
/// @param threads  >= 1; more threads than cores reach the peak of all cores
/// @return GFLOP/s; 0 for an ISA without a loop here
double measure_fma_peak(const std::string& isa, int threads);

/// The same of products of 8 bits that are added up in 32 bits without saturation: with vpdpbusd where the ISA has it, else
/// in pairs of 16 bits with pmaddwd or smlal.
/// @return G operations/s, two for each multiply-add of two elements
double measure_dot_peak(const std::string& isa, int threads);

}  // namespace tandem::bench
