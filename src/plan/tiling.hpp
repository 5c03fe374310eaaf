// Blocking as pure arithmetic: tasks for the workers, sized to the caches. No kernels, no threads, no clock.
#pragma once

#include <cstdint>

#include "src/machine/cache.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A matrix product of `rows` x k by k x n as a grid of row blocks by groups of panels, one task each, row blocks
/// outermost.
struct GemmBlocking {
  std::int64_t row_block;     ///< rows of a task; the last may have fewer
  std::int64_t row_blocks;    ///< ceil(rows / row_block)
  std::int64_t panel_groups;  ///< 1: a task takes all panels
  [[nodiscard]] std::int64_t tasks() const noexcept { return row_blocks * panel_groups; }
};
/// A depthwise layer as a grid of row chunks by channel blocks, one task each, row chunks outermost.
struct DepthwiseBlocking {
  std::int64_t row_chunk;
  std::int64_t row_chunks;
  std::int64_t channel_block;  ///< a multiple of a cache line of floats, or all channels
  std::int64_t channel_blocks;
  [[nodiscard]] std::int64_t tasks() const noexcept { return row_chunks * channel_blocks; }
};

/// The number of channels whose kernel_h input rows, of row_bytes per channel, stay in half of L1 while the window
/// slides down. Each input element then comes from L2 once, not kernel_h times. At least four cache lines of channels,
/// or all.
std::int64_t depthwise_channel_block(std::int64_t row_bytes, std::int64_t channels, std::int64_t kernel_h,
                                     const CacheSizes& caches) noexcept;

/// True if a tensor of so many bytes is larger than L2, so that reading or writing it misses the cache.
constexpr bool lies_far(double bytes, const CacheSizes& caches) noexcept {
  return bytes > static_cast<double>(caches.l2);
}

}  // namespace tandem::inline TANDEM_ABI::internal
