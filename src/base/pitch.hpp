// Distances between pixels, and the sets of L1 that they fall into.
#pragma once

#include <cstdint>
#include <numeric>

#include "src/base/checked.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

inline constexpr std::int64_t kLineBytes = 64;

/// Whether pixels this many bytes apart fall into a few sets of L1. A register tile needs about 30 lines, which would evict
/// each other there: at 1, 2 or 4 KB, for example.
constexpr bool pitch_aliases(std::int64_t bytes) noexcept {
  constexpr std::int64_t kL1Sets = 64;  // lines that one way of a 32 KB, 8-way (or 48 KB, 12-way) L1 holds
  if (bytes % kLineBytes != 0) return false;
  // Steps of `lines` lines visit kL1Sets / gcd of the sets; at 8 ways four sets are enough.
  return std::gcd(bytes / kLineBytes, kL1Sets) >= 16;
}

/// At least `channels` elements, whole cache lines, at which neighbouring pixels do not alias.
constexpr std::int64_t padded_pitch(std::int64_t channels, std::int64_t element_bytes) noexcept {
  const std::int64_t line = kLineBytes / element_bytes;
  const std::int64_t pitch = round_up(channels, line);
  return pitch_aliases(pitch * element_bytes) ? pitch + line : pitch;
}

}  // namespace tandem::inline TANDEM_ABI::internal
