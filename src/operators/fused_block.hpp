// The plan of a block that goes through in one pass over the image, strip by strip.
#pragma once

#include <memory>

#include "src/fusion.hpp"
#include "src/operator_impl.hpp"

namespace tandem::internal {

/// Fills info.workspace_bytes for info.workers.
std::unique_ptr<PlanImpl> make_fused_plan(PlanInfo info, const kernels::KernelTable& kernels, const BlockStages& stages,
                                          const FusedBlocking& blocking);

}  // namespace tandem::internal
