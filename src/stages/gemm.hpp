// Walking a packed matrix through the ISA's panel kernel.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/plan/tiling.hpp"
#include "src/run/prefetch.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Rows of a matrix: `data` with `stride` floats from one to the next. A row may lie in equal segments, with
/// `segment_stride` floats from one to the next.
struct ConstRows {
  const float* data;
  std::ptrdiff_t stride;
  std::int64_t segments = 1;
  std::ptrdiff_t segment_stride = 0;
  /// The rows from `row` on; null stays null.
  [[nodiscard]] ConstRows from(std::int64_t row) const noexcept {
    return {data == nullptr ? nullptr : data + row * stride, stride, segments, segment_stride};
  }
};
struct Rows {
  float* data;
  std::ptrdiff_t stride;
  bool far = false;  ///< see kernels::GemmArgs::fetch_c
};

/// As multiply(), of a single row of a single segment. Returns the panels that are left to do.
inline Range multiply_row(const kernels::KernelTable& kernels, const PackedGemm& b, Range panels, const float* a,
                          float* c, const float* residual) noexcept {
  using kernels::GemvArgs;
  const std::int64_t end = std::min(panels.end, b.row_panels());
  if (end <= panels.begin) return panels;
  const std::int64_t column = b.shape(panels.begin).first_column;
  GemvArgs args{};
  args.a = a;
  args.b = b.panel(panels.begin);
  args.bias = b.bias(panels.begin);
  args.residual = residual == nullptr ? nullptr : residual + column;
  args.c = c + column;
  args.panel_stride = b.row_panel_stride();
  args.k = b.k();
  args.panels = end - panels.begin;
  args.epilogue = b.epilogue(panels.begin);
  kernels.gemv(args);
  return {end, panels.end};
}

/// c[0..rows) = act(a * b + bias + residual), the columns of the panels [panels.begin, panels.end). c and residual
/// point at column 0 of the whole matrix; residual.data may be null. Each panel fetches a piece of `upcoming`, or, if
/// that is null, the next panel, and b's last one `following`.
inline void multiply(const kernels::KernelTable& kernels, const PackedGemm& b, Range panels, std::int64_t rows,
                     ConstRows a, Rows c, ConstRows residual, Prefetch upcoming = {},
                     Prefetch following = {}) noexcept {
  if (rows == 1 && a.segments == 1) panels = multiply_row(kernels, b, panels, a.data, c.data, residual.data);
  kernels::GemmArgs args{};
  args.a = a.data;
  args.a_stride = a.stride;
  args.residual_stride = residual.stride;
  args.c_stride = c.stride;
  args.fetch_c = c.far;
  args.rows = rows;
  args.k = b.k() / a.segments;
  args.outer = a.segments;
  args.a_outer_stride = a.segment_stride;
  args.b_outer_stride = args.k;
  for (std::int64_t p = panels.begin; p < panels.end; ++p) {
    const PanelShape& shape = b.shape(p);
    args.b = b.panel(p);
    args.bias = b.bias(p);
    args.epilogue = b.epilogue(p);
    args.residual = residual.data == nullptr ? nullptr : residual.data + shape.first_column;
    args.c = c.data + shape.first_column;
    args.vectors = shape.vectors;
    args.columns = shape.columns;
    Prefetch next;
    if (upcoming.data != nullptr) {
      next = upcoming.piece(panels.end - panels.begin, p - panels.begin);
    } else if (p + 1 == b.panels()) {
      next = following;
    } else if (rows > kernels.gemm_rows[shape.vectors - 1]) {
      // Spread over several tiles of rows; with a single one, a panel has no time to fetch more than itself. Past the end
      // of a group lies the first panel of the next group.
      next = {b.panel(p + 1), b.panel_floats(p + 1)};
    }
    args.next = next.data;
    args.next_floats = next.floats;
    kernels.gemm(args);
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
