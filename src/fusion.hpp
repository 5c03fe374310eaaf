// Blocking of a fused block (optional expand, depthwise, project) as pure arithmetic, like tiling.hpp.
//
//   src rows --expand--> ring of expanded rows --depthwise--> strip of output rows --project--> dst rows
//
// The strip and the ring live in the workspace and are sized to stay in L2, so the tensors between the stages never
// leave it. Rows walk down the image: a strip adds its new rows to the ring and nothing is computed twice.
#pragma once

#include <cstdint>

#include "src/depthwise_stage.hpp"
#include "src/pack.hpp"
#include "src/tiling.hpp"

namespace tandem::internal {

struct FusedBlocking {
  bool split_channels;     ///< workers share the channels of one strip (small maps), not the rows of the image
  std::int64_t row_chunk;  ///< output rows of a task; when channels are split, all
  std::int64_t row_chunks;
  std::int64_t strip_rows;  ///< output rows of a strip
  std::int64_t
      group_panels;  ///< expand panels (or channel_block channels) that go through expand and depthwise together
  std::int64_t groups;
  std::int64_t ring_rows;    ///< rows of the ring; 0 without expand
  std::int64_t ring_pitch;   ///< floats of a ring's pixel
  bool ring_holds_group;     ///< the ring holds one group's channels at a time: when the strip is the whole image
  std::int64_t strip_pitch;  ///< floats of a strip's pixel
};

/// expand: null for a separable block.
FusedBlocking block_fused(const PackedGemm* expand, const DepthwiseStage& depthwise, std::int32_t workers,
                          const CacheSizes& caches) noexcept;

}  // namespace tandem::internal
