#include "src/fusion.hpp"

#include <algorithm>

#include "src/checked.hpp"

namespace tandem::internal {
namespace {

constexpr std::int64_t kFloat = sizeof(float);

// Rows of input that `rows` rows of output see, the image's own at most.
std::int64_t input_extent(const DepthwiseStage& d, std::int64_t rows) noexcept {
  const DepthwiseParams& p = d.params();
  const std::int64_t extent = (rows - 1) * p.stride_h + static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
  return std::min(extent, d.in_h());
}

// The tallest strip of which `bytes(rows)` fit into the budget; at least one row, or as many as give the matrix
// product of the projection a few tiles of rows.
template <class Bytes>
std::int64_t tallest_strip(const DepthwiseStage& d, std::int64_t rows, std::int64_t budget,
                           const Bytes& bytes) noexcept {
  constexpr std::int64_t kFewestPixels = 24;
  std::int64_t strip = std::min(ceil_div(kFewestPixels, d.out_w()), rows);
  while (strip < rows && bytes(strip + 1) <= budget) ++strip;
  return ceil_div(rows, ceil_div(rows, strip));  // equal strips
}

}  // namespace

FusedBlocking block_fused(const PackedGemm* expand, const DepthwiseStage& d, std::int32_t workers,
                          const CacheSizes& caches) noexcept {
  // Seams between workers cost expanded rows computed twice; from 7 rows a worker on that is less than a barrier.
  constexpr std::int64_t kRowsWorthSharing = 7;
  FusedBlocking b{};
  b.split_channels = workers > 1 && d.out_h() < kRowsWorthSharing * workers;
  b.row_chunk = b.split_channels ? d.out_h() : ceil_div(d.out_h(), workers);
  b.row_chunks = ceil_div(d.out_h(), b.row_chunk);
  b.strip_pitch = padded_pitch(d.channels());
  const std::int64_t strip_row_bytes = d.out_w() * b.strip_pitch * kFloat;

  if (expand == nullptr) {
    b.strip_rows = b.split_channels ? d.out_h() : tallest_strip(d, b.row_chunk, caches.l2 / 4, [&](std::int64_t rows) {
      return rows * strip_row_bytes;
    });
    b.group_panels = depthwise_channel_block(d.in_w(), d.channels(), d.params().kernel_h, caches);
    if (b.split_channels) {
      const std::int64_t share = round_up(ceil_div(d.channels(), workers), 16);
      b.group_panels = std::min(b.group_panels, share);
    }
    b.groups = ceil_div(d.channels(), b.group_panels);
    return b;
  }

  // A whole map whose strip leaves half of L2 free goes through in one strip, group after group of channels.
  b.ring_holds_group = b.split_channels || (b.row_chunks == 1 && d.out_h() * strip_row_bytes <= caches.l2 / 2);
  const std::int64_t full_pitch = padded_pitch(d.channels());
  b.strip_rows = b.ring_holds_group ? d.out_h() : tallest_strip(d, b.row_chunk, caches.l2 / 2, [&](std::int64_t rows) {
    return rows * strip_row_bytes + input_extent(d, rows) * d.in_w() * full_pitch * kFloat;
  });
  b.ring_rows = input_extent(d, b.strip_rows);

  // A group's expanded rows are read back at once by its depthwise stage: as many panels as L1 holds of them.
  const std::int64_t panel_columns = expand->shape(0).columns;
  const std::int64_t panel_bytes = b.ring_rows * d.in_w() * panel_columns * kFloat;
  b.group_panels = std::clamp<std::int64_t>(caches.l1 * 3 / 4 / panel_bytes, 1, expand->panels());
  if (b.split_channels) b.group_panels = std::min(b.group_panels, ceil_div(expand->panels(), workers));
  b.groups = ceil_div(expand->panels(), b.group_panels);
  // The last panel may be a vector wider than the others.
  b.ring_pitch = b.ring_holds_group ? padded_pitch(b.group_panels * panel_columns + 16) : full_pitch;
  return b;
}

}  // namespace tandem::internal
