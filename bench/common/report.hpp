// The counters that the programs share. All use the fastest lap, since the FMA peak is a best value too.
#pragma once

#include <benchmark/benchmark.h>

#include "bench/common/laps.hpp"

namespace tandem::bench {

/// @param multiply_adds  of one run; a multiply-add is two flops
/// @param peak           flops per second of the same ISA with the same number of threads
/// Sets GFLOP/s and peak_fraction.
void report_speed(benchmark::State& state, const Laps& laps, double multiply_adds, double peak);

/// min and median (Google Benchmark has that one) over --benchmark_repetitions.
void add_statistics(benchmark::internal::Benchmark* benchmark);

}  // namespace tandem::bench
