// The ways to run a block (optional expand, depthwise, project), as pure arithmetic like tiling.hpp.
//
// Fused, in one pass over the image:
//
//   src rows --expand--> ring of expanded rows --depthwise--> strip of output rows --project--> dst rows
//
// The strip and the ring live in the workspace, and where they are small enough the tensors between the stages never
// leave L2. Rows walk down the image: a strip adds its new rows to the ring and nothing is computed twice, but for the
// rows that two workers both need. Unfused, each stage writes a whole tensor into the workspace, one image at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/candidates.hpp"
#include "src/depthwise_stage.hpp"
#include "src/pack.hpp"
#include "src/tiling.hpp"

namespace tandem::internal {

/// The stages of a block; the weights live as long as the plan's operator.
struct BlockStages {
  const PackedGemm* expand;  // null: a separable block
  DepthwiseStage depthwise;
  const PackedGemm* project;
  bool adds_src;  // the residual is the block's own input
  bool copies;    // the depthwise stage copies its input rows, see DepthwiseStage::copies()
};

struct FusedBlocking {
  std::int32_t channel_workers;  ///< > 1: so many share the channels of one strip (small maps); else they share rows
  std::int64_t row_chunk;        ///< output rows of a task; when channels are shared, all, but for row-shared groups
  std::int64_t row_chunks;
  std::int64_t strip_rows;  ///< output rows of a strip
  std::int64_t groups;      ///< of channels, each of which goes through expand and depthwise at once
  std::int64_t
      row_shared_groups;        ///< the last of them, one panel each: too few for every worker, so that all share rows
  std::int64_t group_channels;  ///< of the largest group
  std::int64_t ring_rows;       ///< rows of the ring; 0 without expand
  std::int64_t ring_pitch;      ///< floats of a ring's pixel
  bool ring_holds_group;        ///< the ring holds one group's channels at a time: a task is one strip
  std::int64_t strip_pitch;     ///< floats of a strip's pixel
  std::int64_t project_block;   ///< when rows are shared: pixels that pass the panels of the projection together
  bool fetches_input;           ///< the projection fetches the input of the strip to come, not its own next panel
  Candidate<GemmBlocking> project;  ///< when channels are shared: of a whole image

  [[nodiscard]] bool shares_channels() const noexcept { return channel_workers > 1; }
  /// Expand panels of a group.
  [[nodiscard]] Range panels_of(std::int64_t group, std::int64_t panels) const noexcept {
    const std::int64_t whole = groups - row_shared_groups;
    const std::int64_t first_shared = panels - row_shared_groups;
    if (group < whole) return part(first_shared, whole, group);
    return {first_shared + group - whole, first_shared + group - whole + 1};
  }
};

/// What a worker does at once where channels are shared.
struct ChannelTask {
  std::int64_t group;
  Range rows;  ///< of the output
};
/// So many of them: each worker's share has equally many groups, and a chunk of rows of each that is shared by rows.
std::int64_t channel_tasks(const FusedBlocking& blocking) noexcept;
ChannelTask channel_task(const FusedBlocking& blocking, std::int64_t out_h, std::int64_t task) noexcept;

struct UnfusedBlocking {
  Candidate<GemmBlocking> expand;  ///< of a separable block: nothing
  Candidate<DepthwiseBlocking> depthwise;
  Candidate<GemmBlocking> project;

  /// Of the one fork that all stages share.
  [[nodiscard]] std::int32_t workers() const noexcept {
    return std::max({expand.workers, depthwise.workers, project.workers});
  }
};

/// Why these stages cannot be fused, as a clause for explain(); null: they can.
const char* why_not_fused(const BlockStages& stages) noexcept;

/// Empty only if why_not_fused(). Ascending numbers of workers; of one number the strips from the tallest to the lowest, then the channels.
std::vector<Candidate<FusedBlocking>> fused_candidates(const Machine& machine, const BlockStages& stages,
                                                       std::int64_t images, std::int32_t workers);

/// Each stage as fast as it can be by itself, its input where the stage before left it.
Candidate<UnfusedBlocking> unfused_candidate(const Machine& machine, const BlockStages& stages, std::int64_t images,
                                             std::int32_t workers);

/// Multiply-adds of the expanded rows of one image that more than one task needs, but for the first time.
std::int64_t recomputed_multiply_adds(const BlockStages& stages, const FusedBlocking& blocking) noexcept;

}  // namespace tandem::internal
