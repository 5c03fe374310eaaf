// The plan of a block whose stages run one after the other, image by image, with whole tensors between them in the
// workspace. It is for shapes that fusing does not pay for, and has the bits of the fused plan.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/plan/fusion.hpp"
#include "src/stages/block_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {

std::unique_ptr<PlanImpl> make_unfused_plan(PlanInfo info, const BlockStages& stages, const UnfusedBlocking& blocking);

/// Bytes of the workspace that such a plan needs.
std::size_t unfused_workspace_bytes(const BlockGeometry& block, const UnfusedBlocking& blocking) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
