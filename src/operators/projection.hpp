// The last stage of a block, fused or not: the projection of an image onto the caller's output, and the addition of a quantised
// residual to its pixels while they are in a cache.
#pragma once

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// filtered: the depthwise stage's outputs for all pixels of this image.
inline MatrixOperands projection(const PlanInfo& info, const BlockStages& stages, const RunArgs& args,
                                 std::int64_t image, const kernels::ConstRows& filtered) noexcept {
  const DepthwiseGeometry& d = stages.depthwise.geometry();
  const std::int64_t pixels = d.out_h() * d.out_w();
  const ByteStrides strides = info.byte_strides();
  const kernels::ConstRows residual =
      stages.adds_src ? kernels::ConstRows{args.src, strides.src} : kernels::ConstRows{args.residual, strides.residual};
  return {.rows = pixels,
          .a = filtered,
          .c = rows_from(kernels::Rows{args.dst, strides.dst}, image * pixels),
          .far_c = info.far_dst,
          .residual = rows_from(residual, image * pixels)};
}

/// Pixels that are projected before the residual is added to them: enough to amortise a panel, few enough to stay near.
inline constexpr std::int64_t kAddedPixels = 216;

/// Bytes of the projected pixels of a worker, `pixels` at a time; 0 if nothing is added to them.
inline std::int64_t projected_bytes(const BlockStages& stages, std::int64_t pixels) noexcept {
  return stages.addition == nullptr ? 0 : pixels * stages.project->n() * stages.project->dst_bytes();
}

/// The columns of some panels, with the residual. projected: projected_bytes() of m.rows pixels.
inline void project_panels(const BlockStages& stages, Range panels, const MatrixOperands& m,
                           const MatrixPrefetch& prefetch, void* projected) noexcept {
  const PackedGemm& weights = *stages.project;
  if (stages.addition == nullptr) return multiply(weights, panels, m, prefetch);
  const std::int64_t first = weights.panels().first_column(panels.begin);
  const std::int64_t columns = weights.panels().first_column(panels.end) - first;
  MatrixOperands product = m;
  product.c = {projected, columns};
  product.first_c_column = first;
  product.far_c = false;
  product.residual = {};
  multiply(weights, panels, product, prefetch);
  kernels::ElementwiseArgs sum{};
  sum.operation = kernels::Operation::kAdd;
  sum.a = {projected, columns};
  sum.b = {advance(m.residual.data, first), m.residual.stride};
  sum.dst = {advance(m.c.data, first), m.c.stride};
  sum.pixels = m.rows;
  sum.channels = columns;
  sum.epilogue = *stages.addition;
  weights.kernels().elementwise(sum);
}

/// A body for Worker::share(). The workspace has projected_bytes() of kAddedPixels at `offset` of each worker's pieces.
struct ProjectionTasks {
  const BlockStages& stages;
  MatrixTasks product;
  Workspace memory;
  std::size_t offset;

  [[nodiscard]] std::int64_t tasks() const noexcept { return product.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept {
    const MatrixTasks::Part some = product.part_of(task);
    if (stages.addition == nullptr) return multiply(*stages.project, some.panels, some.operands);
    for (std::int64_t pixel = 0; pixel < some.operands.rows; pixel += kAddedPixels) {
      const std::int64_t pixels = std::min(kAddedPixels, some.operands.rows - pixel);
      project_panels(stages, some.panels, some.operands.from(pixel, pixels), {}, memory.own(offset, worker.index()));
    }
  }
};

/// The projection of a block with a squeeze-and-excite, whose pixels are scaled on their way. A worker scales some of them into
/// its strip, projects these with all panels of its task, and goes on, so that the scaled pixels stay near.
struct ScaledProjectionTasks {
  const BlockStages& stages;
  MatrixTasks product;  ///< of the pixels before scaling
  const void* gates;
  std::int64_t strip_rows;  ///< pixels
  std::ptrdiff_t strip_stride;
  Workspace memory;
  // Of each worker's pieces: strip_rows pixels, and their projected_bytes().
  std::size_t strip_offset;
  std::size_t projected_offset;

  [[nodiscard]] std::int64_t tasks() const noexcept { return product.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept {
    const MatrixTasks::Part of_task = product.part_of(task);
    const kernels::Rows strip{memory.own(strip_offset, worker.index()), strip_stride};
    void* const projected = memory.own(projected_offset, worker.index());
    const std::int64_t strips = ceil_div(of_task.operands.rows, strip_rows);
    for (std::int64_t i = 0; i < strips; ++i) {
      const Range rows = part(of_task.operands.rows, strips, i);
      MatrixOperands m = of_task.operands.from(rows.begin, rows.end - rows.begin);
      apply_gates(*stages.squeeze_excite, m.a, gates, strip, m.rows);
      m.a = {strip.data, strip.stride};
      project_panels(stages, of_task.panels, m, {}, projected);
    }
  }
};

}  // namespace tandem::inline TANDEM_ABI::internal
