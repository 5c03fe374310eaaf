#include "src/plan/tiling.hpp"

#include <algorithm>
#include <numeric>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

constexpr std::int64_t kFloat = sizeof(float);
constexpr std::int64_t kL1Sets = 64;  // lines that one way of a 32 KB, 8-way (or 48 KB, 12-way) L1 holds

}  // namespace

std::vector<PanelShape> split_panels(std::int64_t n, const kernels::KernelTable& kernels) {
  const std::int64_t v = kernels.vector_floats;
  std::vector<PanelShape> panels;
  for (std::int64_t column = 0; column < n;) {
    const std::int64_t left = ceil_div(n - column, v);  // vectors
    const std::int64_t vectors = left <= kernels::kMaxPanelVectors ? left : 2;
    const std::int64_t columns = std::min(n - column, vectors * v);
    panels.push_back({column, static_cast<std::int32_t>(vectors), static_cast<std::int32_t>(columns)});
    column += columns;
  }
  return panels;
}

GemmBlocking block_gemm(std::int64_t rows, std::int64_t k, std::int64_t panels, std::int64_t tile_rows,
                        std::int32_t workers, const CacheSizes& caches) noexcept {
  // A block of A is read once a panel, from a third of L2, beside the panels that stream past it. More rows than kMost
  // amortise a panel no better; with fewer than kFewest a panel would cost more to fetch than to use.
  constexpr std::int64_t kFewest = 24;
  constexpr std::int64_t kMost = 384;
  std::int64_t block = std::clamp(caches.l2 / 3 / (k * kFloat), kFewest, kMost);

  // Workers share rows while each has enough of them, since then each keeps to its own part of every activation;
  // on small maps the weights are the larger operand, and workers share panels.
  constexpr std::int64_t kRowsWorthSharing = 48;
  std::int64_t panel_groups = 1;
  if (workers > 1) {
    if (rows >= kRowsWorthSharing * workers) {
      block = std::min(block, ceil_div(rows, workers));
    } else {
      panel_groups = std::min<std::int64_t>(panels, workers);
    }
  }
  block = ceil_div(rows, ceil_div(rows, block));  // equal blocks of whole tiles
  block = std::min(round_up(block, tile_rows), rows);
  return {block, ceil_div(rows, block), panel_groups};
}

std::int64_t depthwise_channel_block(std::int64_t in_w, std::int64_t channels, std::int64_t kernel_h,
                                     const CacheSizes& caches) noexcept {
  const std::int64_t fits = caches.l1 / 2 / kFloat / kernel_h / in_w;
  // Never so few that each pixel is a stray line to the prefetchers, even if the rows then come from L2 again.
  constexpr std::int64_t kFewestChannels = 4 * kLineFloats;
  const std::int64_t block = std::max(fits / kLineFloats * kLineFloats, kFewestChannels);
  return std::min(block, channels);
}

std::int64_t longest_line_part(std::int64_t size, std::int64_t parts) noexcept {
  return std::min(ceil_div(ceil_div(size, kLineFloats), parts) * kLineFloats, size);
}

std::int32_t worth_workers(std::int64_t multiply_adds, std::int32_t most) noexcept {
  // 2 ports x 8 lanes x 3 GHz are about 50 multiply-adds a nanosecond; waking a worker costs a few microseconds.
  constexpr std::int64_t kWorthForking = 1 << 18;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(multiply_adds / kWorthForking, 1, most));
}

bool pitch_aliases(std::int64_t pitch) noexcept {
  if (pitch % kLineFloats != 0) return false;
  // Steps of `lines` lines visit kL1Sets / gcd of the sets; a register tile needs about 30 lines at 8 ways.
  return std::gcd(pitch / kLineFloats, kL1Sets) >= 16;
}

std::int64_t padded_pitch(std::int64_t channels) noexcept {
  const std::int64_t pitch = round_up(channels, kLineFloats);
  return pitch_aliases(pitch) ? pitch + kLineFloats : pitch;
}

}  // namespace tandem::inline TANDEM_ABI::internal
