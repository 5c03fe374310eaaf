// Blocking as pure arithmetic: what fits which cache, and what each worker gets. No kernels, no threads, no clock.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel_table.hpp"
#include "src/machine/cache.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Columns [first_column, first_column + columns) of a packed matrix, `vectors` vectors wide.
struct PanelShape {
  std::int64_t first_column;
  std::int32_t vectors;
  std::int32_t columns;
};

/// Cuts n columns into panels of two vectors; an odd number of vectors ends in a panel of three, so that no panel of
/// one is left over, whose tile has twice the loads a multiply-add. Every column is in one panel, in order.
std::vector<PanelShape> split_panels(std::int64_t n, const kernels::KernelTable& kernels);

/// A matrix product of `rows` x k by k x n as a grid of row blocks by groups of panels, one task each, row blocks
/// outermost. tile_rows: rows of the register tile, of which a block holds a multiple.
struct GemmBlocking {
  std::int64_t row_block;     ///< rows of a task, the last one may have fewer
  std::int64_t row_blocks;    ///< ceil(rows / row_block)
  std::int64_t panel_groups;  ///< 1: a task takes all panels
  [[nodiscard]] std::int64_t tasks() const noexcept { return row_blocks * panel_groups; }
};
GemmBlocking block_gemm(std::int64_t rows, std::int64_t k, std::int64_t panels, std::int64_t tile_rows,
                        std::int32_t workers, const CacheSizes& caches) noexcept;

/// A depthwise layer as a grid of row chunks by channel blocks, one task each, row chunks outermost.
struct DepthwiseBlocking {
  std::int64_t row_chunk;
  std::int64_t row_chunks;
  std::int64_t channel_block;  ///< a multiple of a cache line of floats, or all channels
  std::int64_t channel_blocks;
  [[nodiscard]] std::int64_t tasks() const noexcept { return row_chunks * channel_blocks; }
};

/// Channels whose kernel_h input rows of in_w pixels stay in half of L1 while the window slides down: each input
/// element is then fetched from L2 once, not kernel_h times. At least four cache lines of channels, or all.
std::int64_t depthwise_channel_block(std::int64_t in_w, std::int64_t channels, std::int64_t kernel_h,
                                     const CacheSizes& caches) noexcept;

/// The i-th of `parts` nearly equal ranges of [0, size).
struct Range {
  std::int64_t begin;
  std::int64_t end;
};
constexpr Range part(std::int64_t size, std::int64_t parts, std::int64_t i) noexcept {
  return {size * i / parts, size * (i + 1) / parts};
}

/// Floats of a cache line.
inline constexpr std::int64_t kLineFloats = 16;

/// Likewise ranges that begin at whole lines, so that workers who write them share none.
constexpr Range line_part(std::int64_t size, std::int64_t parts, std::int64_t i) noexcept {
  const Range lines = part((size + kLineFloats - 1) / kLineFloats, parts, i);
  const std::int64_t end = lines.end * kLineFloats;
  return {lines.begin * kLineFloats, end < size ? end : size};
}
/// The size of the longest of them.
std::int64_t longest_line_part(std::int64_t size, std::int64_t parts) noexcept;

/// Whether a tensor that is to be written is out of L2 since its memory was last used, for being larger.
constexpr bool lies_far(std::int64_t elements, const CacheSizes& caches) noexcept {
  return elements > caches.l2 / static_cast<std::int64_t>(sizeof(float));
}

/// Workers worth waking for this many multiply-adds, at most `most`: each should have more to do than a fork costs.
std::int32_t worth_workers(std::int64_t multiply_adds, std::int32_t most) noexcept;

/// A pixel pitch of at least `channels` floats at which neighbouring pixels fall into different sets of L1. A pitch
/// of 1, 2 or 4 KB would map the pixels of a register tile to a few sets, and they would evict each other.
std::int64_t padded_pitch(std::int64_t channels) noexcept;
/// Whether a pitch of this many floats has that fault.
bool pitch_aliases(std::int64_t pitch) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
