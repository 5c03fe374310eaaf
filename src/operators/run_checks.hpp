// The checks of run(): pointers that are null, misaligned or overlap, and a workspace that is too small.
#pragma once

#include "src/operators/operator_impl.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Fills in the planned workspace size if the caller gave none.
RunArgs with_workspace_bytes(const PlanInfo& info, RunArgs args) noexcept;

/// Expects arguments from with_workspace_bytes(). Computes with addresses only: no memory is read or written.
Status check_run(const PlanInfo& info, const RunArgs& args) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
