// Seeded random numbers, the same on every machine, and the size of a random sweep.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

namespace tandem::test {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): std:: distributions differ between libraries, this does not.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept;
  /// In [lo, hi], both ends included.
  std::int64_t integer(std::int64_t lo, std::int64_t hi) noexcept;
  std::int32_t size(std::int32_t lo, std::int32_t hi) noexcept { return static_cast<std::int32_t>(integer(lo, hi)); }
  bool coin() noexcept { return (next() >> 63) != 0; }
  /// In [-1, 1), never NaN.
  float value() noexcept;
  std::vector<float> values(std::int64_t count);
  /// Another generator, for what is to leave the numbers of this one as they are.
  [[nodiscard]] Random apart() const noexcept { return Random(Random(~state_).next()); }

  template <class T>
  T pick(std::initializer_list<T> choices) noexcept {
    return choices.begin()[integer(0, static_cast<std::int64_t>(choices.size()) - 1)];
  }

 private:
  std::uint64_t state_;
};

/// A random sweep draws case i from seed + i, so that a failed case is given back alone by
/// <variables>_SEED=<its seed> <variables>_COUNT=1.
struct Sweep {
  std::uint64_t seed;
  int count;
  [[nodiscard]] std::vector<std::uint64_t> seeds() const {
    std::vector<std::uint64_t> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), seed);
    return all;
  }
};
/// The two environment variables, by default 1 and `default_count`. A value that is no number ends the program with
/// a message.
Sweep sweep(int default_count, const std::string& variables = "TANDEM_TEST");

/// The step through lists of windows, of candidates and of cases for a kernel: 1 takes them all. An emulator has no time
/// for that: TANDEM_TEST_STEP=7 takes every seventh, and leaves out large subjects.
int list_step();

}  // namespace tandem::test
