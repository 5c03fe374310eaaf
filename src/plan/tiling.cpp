#include "src/plan/tiling.hpp"

#include <algorithm>

#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {

std::int64_t depthwise_channel_block(std::int64_t row_bytes, std::int64_t channels, std::int64_t kernel_h,
                                     const CacheSizes& caches) noexcept {
  const std::int64_t fits = caches.l1 / 2 / kernel_h / row_bytes;
  // Enough that the prefetchers see more than single lines, even if the rows then come from L2 again.
  constexpr std::int64_t kFewestChannels = 4 * kLineElements;
  const std::int64_t block = std::max(fits / kLineElements * kLineElements, kFewestChannels);
  return std::min(block, channels);
}

}  // namespace tandem::inline TANDEM_ABI::internal
