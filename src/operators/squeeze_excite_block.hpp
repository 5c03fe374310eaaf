// The plan of a block with a squeeze-and-excite, fused or not as the cost model decides; see squeeze_excite_fusion.hpp.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/stages/block_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// stages.squeeze_excite is not null.
std::unique_ptr<PlanImpl> make_squeeze_excite_block_plan(PlanInfo info, const Planning& planning,
                                                         const BlockStages& stages);

}  // namespace tandem::inline TANDEM_ABI::internal
