// Long sums of a matrix product in blocks (see kernels::kSumBlock). Where a block ends depends on the place of a
// product in the packed matrix alone, so the bits are the same for every way to walk through a layer.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The block of row `step` of a packed matrix.
constexpr std::int64_t sum_block(std::int64_t step) noexcept { return step / kernels::kSumBlock; }
/// The steps from `step` to the end of its block.
constexpr std::int64_t steps_left_in_block(std::int64_t step) noexcept {
  return kernels::kSumBlock - step % kernels::kSumBlock;
}

/// Skips the first `inputs` elements of each segment, but not their weights.
inline void skip_inputs(const kernels::KernelTable& table, std::int64_t inputs, kernels::GemmArgs& args) noexcept {
  if (args.panel.groups.lanes != nullptr) {
    args.panel.groups.lanes += inputs * table.lanes;
  } else {
    args.a.data = advance(args.a.data, inputs * table.tensor_bytes());
  }
}

/// Begins the totals of all blocks: rows x width floats of -0, to which end_block() adds exactly.
void begin_totals(const kernels::SumRows& totals, std::int64_t rows, std::int64_t width) noexcept;
/// Adds the sums of a block to the totals. The next block resumes from the sums, which become -0.
void end_block(const kernels::SumRows& totals, const kernels::SumRows& sums, std::int64_t rows,
               std::int64_t width) noexcept;

/// multiply_panel() of a product that has more than block 0.
void multiply_blocks(const kernels::KernelTable& table, const kernels::GemmArgs& product) noexcept;

/// The whole product of a panel, by `kernel` if all of it is block 0 or its sums are integers. It neither resumes nor suspends.
inline void multiply_panel(const kernels::KernelTable& table, const kernels::GemmKernel& kernel,
                           const kernels::GemmArgs& product) noexcept {
  const kernels::GemmSteps& s = product.steps;
  const std::int64_t last = s.first + (s.outer - 1) * s.b_outer_stride + (s.inner - 1) * s.b_inner_stride + s.k - 1;
  if (table.int8() || last < kernels::kSumBlock || s.outer * s.inner * s.k == 0) return kernel.function(product);
  multiply_blocks(table, product);
}

}  // namespace tandem::inline TANDEM_ABI::internal
