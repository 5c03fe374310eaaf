#include "src/stages/sum_blocks.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// Some rows of a product of several blocks. Each block is a few calls of a kernel, which leave its sums in memory.
class RowsInBlocks {
 public:
  /// 2 KB each of sums and totals, on the stack: the 28 vectors of the largest register tile.
  static constexpr std::int64_t kFloats = 512;

  RowsInBlocks(const kernels::KernelTable& table, const kernels::GemmArgs& rows) noexcept
      : table_(table),
        kernel_(table.gemm_kernel(rows.panel)),
        args_(rows),
        width_(std::int64_t{rows.panel.vectors} * table.lanes) {}

  void run() noexcept {
    const kernels::GemmSteps& s = args_.steps;
    kernels::GemmArgs ends = args_;  // without a step
    ends.steps.outer = 0;
    ends.prefetch_c = false;
    ends.partial = {sums(), false, true};
    kernel_.function(ends);  // the sums are the bias
    begin_totals(totals(), args_.rows, width_);
    const std::int64_t extent = (s.inner - 1) * s.b_inner_stride + s.k;  // of an outer step
    for (std::int64_t outer = 0; outer < s.outer;) {
      const std::int64_t room = steps_left_in_block(s.first + outer * s.b_outer_stride) - extent;
      if (room >= 0) {
        const std::int64_t more = s.outer - outer == 1 ? 0 : room / s.b_outer_stride;
        const std::int64_t count = std::min(s.outer - outer, 1 + more);
        call(outer * s.a_outer_stride, outer * s.b_outer_stride, 0, s.k, count, s.inner);
        outer += count;
        continue;
      }
      for (std::int64_t inner = 0; inner < s.inner; ++inner) {
        const std::int64_t row = outer * s.b_outer_stride + inner * s.b_inner_stride;
        const std::ptrdiff_t a = outer * s.a_outer_stride + inner * s.a_inner_stride;
        for (std::int64_t i = 0, k = 0; i < s.k; i += k) {
          k = std::min(s.k - i, steps_left_in_block(s.first + row + i));
          call(a, row + i, i, k, 1, 1);
        }
      }
      ++outer;
    }
    end_block(totals(), sums(), args_.rows, width_);
    ends.partial = {totals(), true, false};
    kernel_.function(ends);  // the epilogue
  }

 private:
  [[nodiscard]] kernels::SumRows sums() noexcept { return {sums_, stride()}; }
  [[nodiscard]] kernels::SumRows totals() noexcept { return {totals_, stride()}; }
  [[nodiscard]] std::ptrdiff_t stride() const noexcept { return width_ * std::ptrdiff_t{sizeof(float)}; }

  // Steps of one block: from a_offset bytes in each row of A and from `row` of the panel on. They begin with element
  // `first` of their segments.
  void call(std::ptrdiff_t a_offset, std::int64_t row, std::int64_t first, std::int64_t k, std::int64_t outer,
            std::int64_t inner) noexcept {
    const std::int64_t block = sum_block(args_.steps.first + row);
    if (block != block_) end_block(totals(), sums(), args_.rows, width_);
    block_ = block;
    kernels::GemmArgs part = args_;
    part.prefetch_c = false;
    part.partial = {sums(), true, true};
    part.a.data = advance(args_.a.data, a_offset);
    skip_inputs(table_, first, part);
    part.steps.first += row;
    part.steps.k = k;
    part.steps.outer = outer;
    part.steps.inner = inner;
    const kernels::GemmSteps& s = args_.steps;
    const std::int64_t steps = k * outer * inner;
    const std::int64_t all = s.k * s.outer * s.inner;
    part.prefetch = {advance(args_.prefetch.data, args_.prefetch.bytes * done_ / all),
                     args_.prefetch.bytes * steps / all};
    done_ += steps;
    kernel_.function(part);
  }

  const kernels::KernelTable& table_;
  const kernels::GemmKernel& kernel_;
  kernels::GemmArgs args_;
  std::int64_t width_;  // of the panel
  std::int64_t block_ = 0;
  std::int64_t done_ = 0;  // steps
  float sums_[kFloats];
  float totals_[kFloats];
};

}  // namespace

void begin_totals(const kernels::SumRows& totals, std::int64_t rows, std::int64_t width) noexcept {
  for (std::int64_t r = 0; r < rows; ++r) std::fill_n(rows_from(totals, r).data, width, -0.0F);
}

void end_block(const kernels::SumRows& totals, const kernels::SumRows& sums, std::int64_t rows,
               std::int64_t width) noexcept {
  for (std::int64_t r = 0; r < rows; ++r) {
    float* const total = rows_from(totals, r).data;
    float* const sum = rows_from(sums, r).data;
    for (std::int64_t j = 0; j < width; ++j) {
      total[j] += sum[j];
      sum[j] = -0.0F;
    }
  }
}

// As many rows at a time as have room for their sums: a register tile.
void multiply_blocks(const kernels::KernelTable& table, const kernels::GemmArgs& product) noexcept {
  const std::int64_t fits = RowsInBlocks::kFloats / (std::int64_t{product.panel.vectors} * table.lanes);
  const std::int64_t chunk = std::min<std::int64_t>(fits, table.gemm_kernel(product.panel).tile_rows);
  const std::int64_t chunks = ceil_div(product.rows, chunk);
  for (std::int64_t i = 0; i < chunks; ++i) {
    const Range range = part(product.rows, chunks, i);  // of nearly equal height, as the kernels make their tiles
    kernels::GemmArgs rows = product;
    rows.rows = range.end - range.begin;
    rows.a = rows_from(product.a, range.begin);
    rows.c = rows_from(product.c, range.begin);
    rows.residual = rows_from(product.residual, range.begin);
    rows.prefetch = piece(product.prefetch, chunks, i);
    RowsInBlocks(table, rows).run();
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
