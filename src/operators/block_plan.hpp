// The plan of a separable block or of an inverted residual, fused or not as the cost model decides.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/plan/fusion.hpp"
#include "src/stages/block_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {

std::unique_ptr<PlanImpl> make_block_plan(PlanInfo info, const Planning& planning, const BlockStages& stages);

}  // namespace tandem::inline TANDEM_ABI::internal
