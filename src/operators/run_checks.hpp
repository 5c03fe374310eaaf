// What run() refuses: pointers that are null, misaligned or overlap, a workspace that is too small.
#pragma once

#include "src/operators/operator_impl.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// With the size of the workspace that the plan needs if the caller told none.
RunArgs with_workspace_bytes(const PlanInfo& info, RunArgs args) noexcept;

/// The size of the workspace is told. Arithmetic on addresses alone: nothing is read or written.
Status check_run(const PlanInfo& info, const RunArgs& args) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
