// Multiplies by a packed matrix with the ISA's panel kernels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/base/ranges.hpp"
#include "src/stages/pointers.hpp"
#include "src/stages/sum_blocks.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The operands of a product: c[0..rows) = f(a * weights + bias + residual). All pointers are to row 0, those of a and
/// the residual to column 0.
struct MatrixOperands {
  std::int64_t rows;
  kernels::ConstRows a;
  /// A row of a may consist of equal segments, this many bytes apart: the pixels of a fully connected layer's input.
  std::int64_t segments = 1;
  std::ptrdiff_t segment_stride = 0;
  bool far_a = false;  ///< a is outside L2: the first panel prefetches rows of a, instead of the next panel
  kernels::Rows c;
  bool far_c = false;                ///< see kernels::GemmArgs::prefetch_c
  kernels::ConstRows residual = {};  ///< null: none
  std::int64_t first_c_column = 0;   ///< the column at which c begins: c may hold only some panels

  [[nodiscard]] MatrixOperands from(std::int64_t row, std::int64_t count) const noexcept {
    MatrixOperands some = *this;
    some.rows = count;
    some.a = rows_from(a, row);
    some.c = rows_from(c, row);
    some.residual = rows_from(residual, row);
    return some;
  }
};

/// Memory that the panels of a product prefetch.
struct MatrixPrefetch {
  kernels::Prefetch whole;  ///< prefetched in equal pieces, instead of the next panel by each panel
  kernels::Prefetch after;  ///< prefetched by the last panel of the matrix
};

/// Steps of a segment of a row of A, and the elements behind them: those of the last quad, if the quad is not whole.
inline std::int64_t row_steps(const PackedGemm& b, std::int64_t segments) noexcept {
  return b.kernels().int8() ? b.segment() / kQuad : b.k() / segments;
}
inline std::int32_t row_rest(const PackedGemm& b) noexcept {
  return b.kernels().int8() ? static_cast<std::int32_t>(b.segment() % kQuad) : 0;
}

/// multiply() for a single row of a single segment. Returns the panels that are left to do.
inline Range multiply_row(const PackedGemm& b, Range panels, const MatrixOperands& m) noexcept {
  const std::int64_t end = std::min(panels.end, b.row_panels());
  while (panels.begin < end) {  // panels of one width after another
    const std::int64_t whole = b.panels().whole();
    const std::int64_t equal_end = panels.begin < whole ? std::min(end, whole) : end;
    const std::int64_t column = b.panels().first_column(panels.begin);
    const kernels::GemmPanel first = b.panel(panels.begin);
    kernels::GemvArgs args{};
    args.vectors = first.vectors;
    args.a = m.a.data;
    args.b = first.weights;
    args.bias = first.bias;
    args.residual = advance(m.residual.data, column * b.kernels().tensor_bytes());
    args.c = advance(m.c.data, (column - m.first_c_column) * b.dst_bytes());
    args.panel_stride = b.panel_stride(first.vectors);
    args.k = row_steps(b, 1);
    args.rest = row_rest(b);
    args.panels = equal_end - panels.begin;
    args.columns = b.panels().first_column(equal_end) - column;
    args.epilogue = b.epilogue(panels.begin);
    b.kernels().gemv(args);
    panels.begin = equal_end;
  }
  return panels;
}

/// Computes the columns of the panels [panels.begin, panels.end).
inline void multiply(const PackedGemm& b, Range panels, const MatrixOperands& m,
                     const MatrixPrefetch& prefetch = {}) noexcept {
  const kernels::KernelTable& table = b.kernels();
  if (m.rows == 1 && m.segments == 1) panels = multiply_row(b, panels, m);
  kernels::GemmArgs args;
  args.rows = m.rows;
  args.a = m.a;
  args.steps.k = row_steps(b, m.segments);
  args.steps.rest = row_rest(b);
  args.steps.outer = m.segments;
  args.steps.a_outer_stride = m.segment_stride;
  args.steps.b_outer_stride = args.steps.k;
  args.c.stride = m.c.stride;
  args.residual.stride = m.residual.stride;
  args.prefetch_c = m.far_c;
  for (std::int64_t p = panels.begin; p < panels.end; ++p) {
    args.panel = b.panel(p);
    args.epilogue = b.epilogue(p);
    const std::ptrdiff_t column = b.panels().first_column(p) * table.tensor_bytes();
    args.residual.data = advance(m.residual.data, column);
    const std::ptrdiff_t dst_column = b.panels().first_column(p) - m.first_c_column;
    args.c.data = advance(m.c.data, dst_column * b.dst_bytes());
    const kernels::GemmKernel& kernel = table.gemm_kernel(args.panel);
    if (prefetch.whole.data != nullptr) {
      args.prefetch = piece(prefetch.whole, panels.end - panels.begin, p - panels.begin);
    } else if (m.far_a && p == panels.begin) {
      // One tile multiplies while the next one's rows arrive. Later panels find all rows in a cache.
      constexpr std::ptrdiff_t kAhead = 4096;
      args.prefetch = {advance(m.a.data, kAhead), m.rows * m.a.stride};
    } else if (p + 1 == b.panels().count()) {
      args.prefetch = prefetch.after;
    } else if (m.rows > kernel.tile_rows) {
      // Spread over several tiles of rows: in a single tile a panel has time only to prefetch itself. After the end of
      // a group comes the first panel of the next group.
      args.prefetch = b.prefetch(p + 1);
    } else {
      args.prefetch = {};
    }
    multiply_panel(table, kernel, args);
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
