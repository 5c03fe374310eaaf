// How a fused block is cut up, as pure arithmetic like tiling.hpp.
//
//   src rows --expand--> ring of expanded rows --depthwise--> strip of output rows --project--> dst rows
//
// Workers share the rows of the image, strip after strip, or, on small maps, the channels of a single strip. fusion.hpp
// chooses among these ways.
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
  std::optional<MatrixGeometry> expand;  ///< none in a separable block
  DepthwiseGeometry depthwise;
  MatrixGeometry project;
};

struct FusedBlocking {
  std::int32_t channel_workers;  ///< > 1: this many share the channels of one strip; else they share rows
  std::int64_t row_chunk;        ///< output rows of a task; all if channels are shared
  std::int64_t row_chunks;
  std::int64_t strip_rows;          ///< output rows of a strip
  std::int64_t groups;              ///< groups of channels; one passes expand and depthwise at a time
  std::int64_t row_shared_groups;   ///< the last groups, of one unit each, whose rows all workers share
  std::int64_t group_channels;      ///< channels of the largest group
  std::int64_t ring_rows;           ///< rows of the ring; 0 without expand
  std::int64_t ring_pitch;          ///< elements per pixel of the ring
  bool ring_holds_group;            ///< the ring holds one group at a time: a task is one strip
  std::int64_t strip_pitch;         ///< elements per pixel of the strip
  std::int64_t project_block;       ///< if rows are shared: pixels that pass the panels of the projection together
  bool prefetches_input;            ///< the projection prefetches the next strip's input, not its next panel
  Candidate<GemmBlocking> project;  ///< if channels are shared: of a whole image
  std::int64_t unit_panels = 1;     ///< panels of the expansion that a group has at least, see unit_panels()

  [[nodiscard]] bool shares_channels() const noexcept { return channel_workers > 1; }
  /// The panels of a group, of all `panels` of the expansion.
  [[nodiscard]] Range panels_of(std::int64_t group, std::int64_t panels) const noexcept;
};

/// Rows in chunks, a chunk in strips, a strip's channels in groups.
/// @param groups  of expanded channels, at most channel_units(); their numbers of units differ by at most one. Ignored
///                for a separable block, which has enough groups to keep their rows in L1.
FusedBlocking row_blocking(const Machine& machine, const BlockGeometry& stages, std::int64_t row_chunk,
                           std::int64_t strip_rows, std::int64_t groups) noexcept;

/// Groups outermost: a task takes some rows of one group, strip after strip, so that a ring holds one group. The strips
/// are rows of a whole tensor. Nothing is projected.
/// @param groups  of channels; at most channel_units()
FusedBlocking group_blocking(const Machine& machine, const BlockGeometry& stages, std::int64_t row_chunk,
                             std::int64_t strip_rows, std::int64_t groups) noexcept;

/// The image as one strip; the workers share its channels. workers is at most channel_units().
/// @param row_shared  units whose rows they share instead; unless it is 0, the others are a multiple of the workers
FusedBlocking channel_blocking(const Machine& machine, const BlockGeometry& stages, std::int32_t workers,
                               std::int64_t row_shared) noexcept;

/// Panels of the expansion that pass the depthwise stage together: one, or as many as fill whole blocks of woven rows.
std::int64_t unit_panels(const BlockGeometry& stages) noexcept;
/// The units in which workers can share channels: these panels; without an expansion cache lines, or blocks of woven rows.
std::int64_t channel_units(const BlockGeometry& stages) noexcept;

/// The task of a worker if channels are shared.
struct ChannelTask {
  std::int64_t group;
  Range rows;  ///< of the output
};
/// The number of these tasks. With row-shared groups each worker has equally many other groups, and a part of the rows
/// of each row-shared group.
std::int64_t channel_tasks(const FusedBlocking& blocking) noexcept;
ChannelTask channel_task(const FusedBlocking& blocking, std::int64_t out_h, std::int64_t task) noexcept;

/// Elements of the input that a strip reads and the strip before it did not.
std::int64_t fresh_elements(const DepthwiseGeometry& stage, std::int64_t strip_rows) noexcept;

/// Multiply-adds that compute expanded rows of one image again, because more than one task needs them.
std::int64_t recomputed_multiply_adds(const BlockGeometry& stages, const FusedBlocking& blocking) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
