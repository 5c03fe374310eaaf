// The ways to run a block with a squeeze-and-excite, each with its expected time: pure arithmetic.
//
//   src --expand, depthwise--> filtered --mean, reduce, expand--> gates; filtered * gates --project--> dst
//
// The gates need the whole depthwise output, so it is a whole tensor in the workspace, and the block takes two passes.
// The first computes that tensor. Fused: a task takes a group of channels through expand and depthwise, strip after
// strip, and then, if it has all rows, their means. Unfused: each stage is a step of its own. The second pass scales a
// few pixels into a strip that stays near, and projects that, so the scaled tensor never exists.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/plan/fused_blocking.hpp"
#include "src/plan/fusion.hpp"
#include "src/plan/squeeze_excite.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct SqueezeExciteBlockGeometry {
  BlockGeometry stages;
  SqueezeExciteGeometry gates;
};

struct SqueezedBlocking {
  std::optional<FusedBlocking> groups;  ///< expand and depthwise of a group at a time; none: unfused
  UnfusedBlocking stages;               ///< fused: the projection alone
  GateSteps gates;                      ///< the means, if takes_means(), are no step of their own
  std::int64_t scaled_rows;             ///< pixels that are scaled and projected together

  /// Whether the tasks of the first pass take the means of their channels.
  [[nodiscard]] bool takes_means() const noexcept { return groups && groups->row_chunks == 1; }
  /// Tasks of the first pass, chunks of rows outermost.
  [[nodiscard]] std::int64_t group_tasks() const noexcept { return groups->row_chunks * groups->groups; }
};

/// The first is unfused; the others are fused, unless why_not_fused() is not null.
std::vector<Candidate<SqueezedBlocking>> squeezed_candidates(const Machine& machine,
                                                             const SqueezeExciteBlockGeometry& block,
                                                             std::int64_t images, std::int32_t workers);

}  // namespace tandem::inline TANDEM_ABI::internal
