// Distances between pixels, and the sets of L1 that the pixels fall into.
#pragma once

#include <cstdint>
#include <numeric>

#include "src/base/checked.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

inline constexpr std::int64_t kLineBytes = 64;

/// The sets of L1 that pixels this many bytes apart fall into, of the 64 of a 32 KB, 8-way (or 48 KB, 12-way) cache.
constexpr std::int64_t l1_sets(std::int64_t bytes) noexcept {
  constexpr std::int64_t kSets = 64;
  return bytes % kLineBytes != 0 ? kSets : kSets / std::gcd(bytes / kLineBytes, kSets);
}

/// True if these are so few that the about 30 lines of a register tile would evict each other: at 1, 2 or 4 KB, for
/// example. Four sets of 8 ways hold only 32 lines: too few.
constexpr bool pitch_aliases(std::int64_t bytes) noexcept { return l1_sets(bytes) <= 4; }

/// A pitch of at least `channels` elements and whole cache lines at which neighbouring pixels do not alias.
constexpr std::int64_t padded_pitch(std::int64_t channels, std::int64_t element_bytes) noexcept {
  const std::int64_t line = kLineBytes / element_bytes;
  const std::int64_t pitch = round_up(channels, line);
  return pitch_aliases(pitch * element_bytes) ? pitch + line : pitch;
}

}  // namespace tandem::inline TANDEM_ABI::internal
