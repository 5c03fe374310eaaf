// A PlanReport as one readable line.
#pragma once

#include <string>

#include "tandem/plan_report.hpp"

namespace tandem::internal {

/// Throws std::bad_alloc.
std::string explain(const PlanReport& report);

}  // namespace tandem::internal
