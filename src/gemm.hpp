// Walking a packed matrix through the ISA's panel kernel.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/pack.hpp"
#include "src/tiling.hpp"

namespace tandem::internal {

/// Rows of a matrix: `data` with `stride` floats from one to the next.
struct ConstRows {
  const float* data;
  std::ptrdiff_t stride;
};
struct Rows {
  float* data;
  std::ptrdiff_t stride;
};

/// c[0..rows) = clamp(a * b + bias + residual), the columns of the panels [panels.begin, panels.end). c and residual
/// point at column 0 of the whole matrix; residual.data may be null.
inline void multiply(const kernels::KernelTable& kernels, const PackedGemm& b, Range panels, std::int64_t rows,
                     ConstRows a, Rows c, ConstRows residual, kernels::Clamp clamp) noexcept {
  kernels::GemmArgs args{};
  args.a = a.data;
  args.a_stride = a.stride;
  args.residual_stride = residual.stride;
  args.c_stride = c.stride;
  args.rows = rows;
  args.k = b.k();
  args.clamp = clamp;
  for (std::int64_t p = panels.begin; p < panels.end; ++p) {
    const PanelShape& shape = b.shape(p);
    args.b = b.panel(p);
    args.bias = b.bias(p);
    args.residual = residual.data == nullptr ? nullptr : residual.data + shape.first_column;
    args.c = c.data + shape.first_column;
    args.vectors = shape.vectors;
    args.columns = shape.columns;
    // The panels lie one behind the other, so that the last one of a group fetches the first of the next group.
    const bool last = p + 1 == b.panels();
    args.next = last ? nullptr : b.panel(p + 1);
    args.next_floats = last ? 0 : b.panel_floats(p + 1);
    kernels.gemm(args);
  }
}

inline kernels::Clamp clamp_of(const Activation& activation) noexcept { return {activation.lo, activation.hi}; }

}  // namespace tandem::internal
