// The ways to run a block (optional expand, depthwise, project), each with its expected time: pure arithmetic.
//
// Fused: one pass over the image. The strip and the ring of fused_blocking.hpp live in the workspace; if they are small
// enough, the tensors between the stages never leave L2. Rows move down the image: each strip adds its new rows to the
// ring, and nothing is computed twice except rows that two workers both need. Unfused: each stage writes a whole tensor
// into the workspace, one image at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/plan/candidates.hpp"
#include "src/plan/fused_blocking.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct UnfusedBlocking {
  Candidate<GemmBlocking> expand;  ///< unused in a separable block
  Candidate<DepthwiseBlocking> depthwise;
  Candidate<GemmBlocking> project;

  /// Workers of the one fork that all stages share.
  [[nodiscard]] std::int32_t workers() const noexcept {
    return std::max({expand.workers, depthwise.workers, project.workers});
  }
};

/// Whole tensors take many times the workspace of strips, and their gain is as uncertain as the predictions. So a block
/// runs unfused, or as one strip that the workers' L2 cannot hold, only if its predicted time is below this fraction of
/// the alternative.
inline constexpr double kWorthWholeTensors = 0.97;

/// Whole tensors of 8 bits mostly fit into L2. There fused strips must be predicted to take at most this fraction of the
/// time without: on Zen 4 all predictions above it were ties, or lost up to 1.6 %.
inline constexpr double kWorthStripsOf8Bits = 0.98;

/// A clause for explain() that says why these stages cannot be fused; null: they can.
const char* why_not_fused(const BlockGeometry& stages) noexcept;

/// Empty only if why_not_fused() is not null. Ordered by ascending workers; for one number of workers the strips from
/// the tallest to the lowest, then the ways that share channels.
std::vector<Candidate<FusedBlocking>> fused_candidates(const Machine& machine, const BlockGeometry& stages,
                                                       std::int64_t images, std::int32_t workers);

/// Each stage in its own fastest way, with its input where the stage before left it.
Candidate<UnfusedBlocking> unfused_candidate(const Machine& machine, const BlockGeometry& stages, std::int64_t images,
                                             std::int32_t workers);

// ---- Shared with squeeze_excite_fusion.cpp ----

/// Heights of equal strips for a task of `rows` output rows, the tallest first.
std::vector<std::int64_t> strip_heights(const DepthwiseGeometry& stage, std::int64_t rows);

Place src_place(const Machine& machine, const BlockGeometry& stages) noexcept;

/// Expand and depthwise of `rows` output rows, with `fresh` new input rows, for `groups` groups of `channels` channels.
/// between: of the depthwise stage's output.
Estimate groups_cost(const Machine& machine, const BlockGeometry& stages, const FusedBlocking& blocking, double rows,
                     double fresh, double groups, double channels, const Place& src, const Place& between,
                     const Place& weights) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
