// Timing of one benchmark: the laps of its body, and the statistics for the counters.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace tandem::bench {

using Clock = std::chrono::steady_clock;

/// Seconds of each lap. Memory is allocated before the first lap.
class Laps {
 public:
  explicit Laps(std::size_t capacity) { seconds_.reserve(capacity); }

  /// Times one call of body and counts it as `runs` runs of equal length.
  template <class Body>
  void time(const Body& body, double runs = 1.0) {
    const Clock::time_point begin = Clock::now();
    body();
    const Clock::time_point end = Clock::now();
    seconds_.push_back(std::chrono::duration<double>(end - begin).count() / runs);
  }

  /// The time that the machine can reach; everything above it is disturbance. 0 without laps.
  [[nodiscard]] double minimum() const {
    return seconds_.empty() ? 0.0 : *std::min_element(seconds_.begin(), seconds_.end());
  }
  [[nodiscard]] double median() const {
    if (seconds_.empty()) return 0.0;
    std::vector<double> sorted = seconds_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

 private:
  std::vector<double> seconds_;
};

/// How often to run a body within one lap, so that the two clock readings (some 50 ns) do not count. Warms up, too.
template <class Body>
std::int64_t runs_per_lap(const Body& body) {
  constexpr double kLap = 50e-6;  // seconds
  Laps laps(3);
  for (int i = 0; i < 3; ++i) laps.time(body);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(kLap / std::max(laps.minimum(), 1e-9)));
}

/// The timed loop: only the body, `runs` times per lap, between two clock readings.
template <class Body>
Laps measure(benchmark::State& state, const Body& body, std::int64_t runs = 1) {
  body();  // a new process or the benchmark before this one left other data in the caches
  Laps laps(static_cast<std::size_t>(state.max_iterations / runs + 1));
  while (state.KeepRunningBatch(runs)) {
    laps.time(
        [&] {
          for (std::int64_t i = 0; i < runs; ++i) body();
        },
        static_cast<double>(runs));
  }
  return laps;
}

}  // namespace tandem::bench
