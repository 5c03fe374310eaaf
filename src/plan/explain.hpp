// A PlanReport as one readable line.
#pragma once

#include <string>

#include "kernels/floating_point.hpp"
#include "tandem/plan_report.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Throws std::bad_alloc.
std::string explain(const PlanReport& report);

}  // namespace tandem::inline TANDEM_ABI::internal
