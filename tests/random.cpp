// The generator behind every random test, and the environment variables of a sweep.
#include "random.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace tandem::test {

std::uint64_t Random::next() noexcept {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::int64_t Random::integer(std::int64_t lo, std::int64_t hi) noexcept {
  const auto choices = static_cast<std::uint64_t>(hi - lo) + 1;
  return lo + static_cast<std::int64_t>(next() % choices);  // the modulo's bias does not matter to a test
}

float Random::value() noexcept { return static_cast<float>(integer(-(1 << 23), (1 << 23) - 1)) * 0x1p-23F; }

std::vector<float> Random::values(std::int64_t count) {
  std::vector<float> result(static_cast<std::size_t>(count));
  for (float& v : result) v = value();
  return result;
}

namespace {

std::uint64_t number_from(const std::string& variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable.c_str());
  if (text == nullptr || *text == '\0') return fallback;
  char* end = nullptr;
  errno = 0;
  const std::uint64_t number = std::strtoull(text, &end, 0);
  if (errno != 0 || *end != '\0') {
    std::fprintf(stderr, "%s=%s is not a number\n", variable.c_str(), text);
    std::exit(2);
  }
  return number;
}

}  // namespace

Sweep sweep(int default_count, const std::string& variables) {
  return {number_from(variables + "_SEED", 1),
          static_cast<int>(number_from(variables + "_COUNT", static_cast<std::uint64_t>(default_count)))};
}

int list_step() { return std::max(1, static_cast<int>(number_from("TANDEM_TEST_STEP", 1))); }

}  // namespace tandem::test
