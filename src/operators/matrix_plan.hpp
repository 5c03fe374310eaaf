// The plan of an operator that is one matrix product: pointwise (rows are pixels) and fully connected (rows are images).
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A row of the matrix holds the channels of so many pixels of the input, one behind the other.
struct MatrixRows {
  std::int64_t rows;
  std::int64_t pixels = 1;
};

/// dst[rows, n] = act(src[rows, k] * weights + residual). `weights` must live as long as the plan's operator.
std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const Planning& planning, const PackedGemm& weights,
                                           const MatrixRows& rows);

}  // namespace tandem::inline TANDEM_ABI::internal
