// What run() refuses: pointers that are null, misaligned or overlap, a workspace that is too small.
#pragma once

#include "src/operator_impl.hpp"

namespace tandem::internal {

/// Arithmetic on addresses alone: nothing is read or written.
Status check_run(const PlanInfo& info, const RunArgs& args) noexcept;

}  // namespace tandem::internal
