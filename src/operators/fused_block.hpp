// The plan of a block whose stages run in one pass over the image, strip by strip.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/plan/fusion.hpp"
#include "src/stages/block_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {

std::unique_ptr<PlanImpl> make_fused_plan(PlanInfo info, const BlockStages& stages, const FusedBlocking& blocking);

/// What a report says of strips, rings and kernel, but for the partition.
void report_fused(const BlockGeometry& block, const FusedBlocking& blocking, PlanReport& report) noexcept;

/// Bytes of the workspace that such a plan needs.
std::size_t fused_workspace_bytes(const BlockStages& stages, const Candidate<FusedBlocking>& candidate) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
