// The ways to run a block (optional expand, depthwise, project), each with what it is expected to take: pure arithmetic.
//
// Fused, in one pass over the image: the strip and the ring of fused_blocking.hpp live in the workspace, and where they are
// small enough the tensors between the stages never leave L2. Rows walk down the image: a strip adds its new rows to the
// ring and nothing is computed twice, but for the rows that two workers both need. Unfused, each stage writes a whole
// tensor into the workspace, one image at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/plan/candidates.hpp"
#include "src/plan/fused_blocking.hpp"

namespace tandem::inline TANDEM_ABI::internal {

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
const char* why_not_fused(const BlockGeometry& stages) noexcept;

/// Empty only if why_not_fused(). Ascending numbers of workers; of one number the strips from the tallest to the lowest,
/// then the channels.
std::vector<Candidate<FusedBlocking>> fused_candidates(const Machine& machine, const BlockGeometry& stages,
                                                       std::int64_t images, std::int32_t workers);

/// Each stage as fast as it can be by itself, its input where the stage before left it.
Candidate<UnfusedBlocking> unfused_candidate(const Machine& machine, const BlockGeometry& stages, std::int64_t images,
                                             std::int32_t workers);

}  // namespace tandem::inline TANDEM_ABI::internal
