// The plan of an operator that is one matrix product: pointwise (a row per pixel) and fully connected (a row per
// image).
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Each row of the matrix holds the channels of `pixels` consecutive pixels of the input.
struct MatrixRows {
  std::int64_t rows;
  std::int64_t pixels = 1;
};

/// dst[rows, n] = act(src[rows, k] * weights + residual). `weights` must live as long as the plan's operator.
std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const Planning& planning, const PackedGemm& weights,
                                           const MatrixRows& rows);

}  // namespace tandem::inline TANDEM_ABI::internal
