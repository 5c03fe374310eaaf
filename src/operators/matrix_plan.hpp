// The plan of an operator that is one matrix product: pointwise (rows are pixels) and fully connected (rows are images).
#pragma once

#include <memory>

#include "src/operator_impl.hpp"
#include "src/pack.hpp"

namespace tandem::internal {

/// dst[rows, n] = clamp(src[rows, k] * weights + residual). `weights` must live as long as the plan's operator.
std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const Planning& planning, const PackedGemm& weights,
                                           std::int64_t rows, const Activation& activation);

}  // namespace tandem::internal
