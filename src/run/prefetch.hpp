// Memory that a worker reads soon: the kernels prefetch it into the caches while they multiply.
#pragma once

#include <cstdint>

#include "src/plan/tiling.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A block of memory to prefetch. Null: nothing.
struct Prefetch {
  const float* data = nullptr;
  std::int64_t floats = 0;
  /// The i-th of `parts` pieces.
  [[nodiscard]] Prefetch piece(std::int64_t parts, std::int64_t i) const noexcept {
    const Range range = part(floats, parts, i);
    return {data == nullptr ? nullptr : data + range.begin, range.end - range.begin};
  }
};

}  // namespace tandem::inline TANDEM_ABI::internal
