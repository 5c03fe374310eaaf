// How a fused block is cut up, as pure arithmetic like tiling.hpp.
//
//   src rows --expand--> ring of expanded rows --depthwise--> strip of output rows --project--> dst rows
//
// Workers share the rows of the image, strip after strip, or, on small maps, the channels of a single strip. The best of
// the ways is the matter of fusion.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "src/plan/candidates.hpp"
#include "src/plan/depthwise_geometry.hpp"
#include "src/plan/matrix_geometry.hpp"
#include "src/plan/tiling.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The stages of a block.
struct BlockGeometry {
  std::optional<MatrixGeometry> expand;  ///< a separable block has none
  DepthwiseGeometry depthwise;
  MatrixGeometry project;
};

struct FusedBlocking {
  std::int32_t channel_workers;  ///< > 1: so many share the channels of one strip; else they share rows
  std::int64_t row_chunk;        ///< output rows of a task; when channels are shared, all
  std::int64_t row_chunks;
  std::int64_t strip_rows;         ///< output rows of a strip
  std::int64_t groups;             ///< of channels, each of which goes through expand and depthwise at once
  std::int64_t row_shared_groups;  ///< of them the last, one panel each: not one a worker, so that all share their rows
  std::int64_t group_channels;     ///< of the largest group
  std::int64_t ring_rows;          ///< rows of the ring; 0 without expand
  std::int64_t ring_pitch;         ///< elements of a ring's pixel
  bool ring_holds_group;           ///< the ring holds one group's channels at a time: a task is one strip
  std::int64_t strip_pitch;        ///< elements of a strip's pixel
  std::int64_t project_block;      ///< when rows are shared: pixels that pass the panels of the projection together
  bool prefetches_input;           ///< the projection prefetches the input of the next strip, not its own next panel
  Candidate<GemmBlocking> project;  ///< when channels are shared: of a whole image

  [[nodiscard]] bool shares_channels() const noexcept { return channel_workers > 1; }
  /// Of the `panels` of the expansion those of a group.
  [[nodiscard]] Range panels_of(std::int64_t group, std::int64_t panels) const noexcept;
};

/// Rows in chunks, a chunk in strips, a strip's channels in groups.
/// @param groups  of expanded channels, as many panels in each as in any other, or one more; fewer where there are fewer
///                panels. A separable block has as many as keep their rows in L1.
FusedBlocking row_blocking(const Machine& machine, const BlockGeometry& stages, std::int64_t row_chunk,
                           std::int64_t strip_rows, std::int64_t groups) noexcept;

/// The image one strip, whose channels the workers share, at most channel_units() of them.
/// @param row_shared  panels whose rows they share instead; what is left is a multiple of the workers
FusedBlocking channel_blocking(const Machine& machine, const BlockGeometry& stages, std::int32_t workers,
                               std::int64_t row_shared) noexcept;

/// What workers can share channels by: panels of the expansion, else cache lines.
std::int64_t channel_units(const BlockGeometry& stages) noexcept;

/// What a worker does at once where channels are shared.
struct ChannelTask {
  std::int64_t group;
  Range rows;  ///< of the output
};
/// So many of them: with row-shared groups, each worker's share has equally many others, and a part of the rows of each.
std::int64_t channel_tasks(const FusedBlocking& blocking) noexcept;
ChannelTask channel_task(const FusedBlocking& blocking, std::int64_t out_h, std::int64_t task) noexcept;

/// Elements of the input that a strip reads and the one before it did not.
std::int64_t fresh_elements(const DepthwiseGeometry& stage, std::int64_t strip_rows) noexcept;

/// Multiply-adds of the expanded rows of one image that more than one task needs, but for the first time.
std::int64_t recomputed_multiply_adds(const BlockGeometry& stages, const FusedBlocking& blocking) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
