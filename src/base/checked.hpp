// Arithmetic on sizes that may come from a hostile caller: products that overflow are detected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <new>
#include <optional>

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The product of non-negative factors, or nothing if it exceeds `limit`.
constexpr std::optional<std::int64_t> checked_product(std::initializer_list<std::int64_t> factors,
                                                      std::int64_t limit) noexcept {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (__builtin_mul_overflow(product, factor, &product)) return std::nullopt;
  }
  if (product > limit) return std::nullopt;
  return product;
}

/// Most elements of a tensor or a filter. Its size in bytes, with every channel padded to a cache line, and small sums
/// of such sizes still fit into ptrdiff_t.
inline constexpr std::int64_t kMaxElements = std::numeric_limits<std::int64_t>::max() / 1024;

/// The bytes of a piece of the workspace. Throws std::bad_alloc, as allocating them would, if they are more than small sums
/// of sizes can hold: windows may reach far into padding, so the size of no tensor limits such a product.
inline std::int64_t checked_bytes(std::initializer_list<std::int64_t> factors) {
  const std::optional<std::int64_t> bytes = checked_product(factors, kMaxElements);
  if (!bytes) throw std::bad_alloc();
  return *bytes;
}

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept { return (a + b - 1) / b; }
constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) noexcept { return ceil_div(a, b) * b; }

}  // namespace tandem::inline TANDEM_ABI::internal
