#include "bench/common/report.hpp"

#include <algorithm>
#include <vector>

namespace tandem::bench {

void report_speed(benchmark::State& state, const Laps& laps, double multiply_adds, double peak) {
  const double seconds = laps.minimum();
  if (seconds <= 0.0) return;
  const double flops = 2.0 * multiply_adds / seconds;
  state.counters["GFLOP/s"] = flops * 1e-9;
  if (peak > 0.0) state.counters["peak_fraction"] = flops / peak;
}

void add_statistics(benchmark::internal::Benchmark* benchmark) {
  benchmark->ComputeStatistics(
      "min", [](const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); });
}

}  // namespace tandem::bench
