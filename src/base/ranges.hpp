// Dividing a size into nearly equal ranges, and a range into rows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "src/base/checked.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// The numbers first, first + step ...: `count` of them.
struct Progression {
  std::int64_t first;
  std::int64_t step;
  std::int64_t count;
};

/// The i-th of `parts` nearly equal ranges of [0, size).
constexpr Range part(std::int64_t size, std::int64_t parts, std::int64_t i) noexcept {
  return {size * i / parts, size * (i + 1) / parts};
}

/// fp32 elements of a cache line. Workers that write whole multiples of it share no line; with 16-bit elements they
/// share few.
inline constexpr std::int64_t kLineElements = 16;

/// The i-th of `parts` nearly equal ranges that begin at whole cache lines.
constexpr Range line_part(std::int64_t size, std::int64_t parts, std::int64_t i) noexcept {
  const Range lines = part(ceil_div(size, kLineElements), parts, i);
  const std::int64_t end = lines.end * kLineElements;
  return {lines.begin * kLineElements, end < size ? end : size};
}
/// The size of the longest range of line_part().
constexpr std::int64_t longest_line_part(std::int64_t size, std::int64_t parts) noexcept {
  const std::int64_t longest = ceil_div(ceil_div(size, kLineElements), parts) * kLineElements;
  return longest < size ? longest : size;
}

/// Calls body(y, columns) for each row of `width` pixels that `pixels` touch.
template <class Body>
void for_each_row(const Range& pixels, std::int64_t width, const Body& body) noexcept {
  for (std::int64_t first = pixels.begin; first < pixels.end;) {
    const std::int64_t y = first / width;
    const std::int64_t end = std::min((y + 1) * width, pixels.end);
    body(y, Range{first - y * width, end - y * width});
    first = end;
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
