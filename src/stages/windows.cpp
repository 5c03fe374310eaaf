#include "src/stages/windows.hpp"

#include <algorithm>
#include <utility>

#include "src/stages/pointers.hpp"
#include "src/stages/sum_blocks.hpp"

namespace tandem::inline TANDEM_ABI::internal {

void Windows::run(const PackedGemm& weights, std::int64_t panel, Range rows,
                  const ImagePointers& image) const noexcept {
  for (const TapClass& ys : y.classes) {
    const Range part_rows{std::max(rows.begin, ys.begin), std::min(rows.end, ys.end)};
    if (part_rows.begin >= part_rows.end) continue;
    for (const TapClass& xs : x.classes) rectangle(weights, panel, part_rows, ys, xs, image);
  }
}

kernels::GemmSteps Windows::steps(const PackedGemm& weights, const TapClass& ys, const TapClass& xs) const noexcept {
  const std::int64_t taps_w = xs.last_tap - xs.first_tap;
  kernels::GemmSteps s;
  if (weights.planes()) {
    const std::int64_t taps_h = ys.last_tap - ys.first_tap;
    s.k = on_column() ? taps_h : taps_w;
    s.inner = channels;
    s.outer = on_column() ? 1 : taps_h;
    s.a_outer_stride = y.axis.dilation * src.row;
    s.b_inner_stride = on_column() ? y.axis.kernel : x.axis.kernel;
    s.b_outer_stride = s.b_inner_stride * channels;
    return s;
  }
  s.k = (dense ? taps_w : 1) * channels;
  s.inner = dense ? std::min<std::int64_t>(taps_w, 1) : taps_w;
  s.outer = ys.last_tap - ys.first_tap;
  s.a_outer_stride = y.axis.dilation * src.row;
  s.a_inner_stride = x.axis.dilation * src.pixel;
  s.b_outer_stride = x.axis.kernel * channels;
  s.b_inner_stride = channels;
  const bool follow = s.b_outer_stride == s.k && s.a_outer_stride == s.k * weights.kernels().tensor_bytes();
  if (s.inner == 1 && s.outer > 1 && follow && !weights.permutes()) s.k *= std::exchange(s.outer, 1);
  return s;
}

void Windows::rectangle(const PackedGemm& weights, std::int64_t panel, Range rows, const TapClass& ys,
                        const TapClass& xs, const ImagePointers& image) const noexcept {
  const kernels::KernelTable& table = weights.kernels();
  kernels::GemmArgs args;
  args.panel = weights.panel(panel);
  std::int64_t first_step = (ys.first_tap * x.axis.kernel + xs.first_tap) * channels;
  if (weights.planes()) {
    first_step = on_column() ? ys.first_tap : ys.first_tap * x.axis.kernel * channels + xs.first_tap;
    args.panel.groups.planes = on_column() ? y.axis.dilation * src.row : x.axis.dilation * src.pixel;
  }
  args.epilogue = weights.epilogue(panel);
  args.prefetch_c = far_dst;
  args.steps = steps(weights, ys, xs);
  args.steps.first = first_step;
  const kernels::GemmKernel& kernel = table.gemm_kernel(args.panel);

  const std::int64_t width = xs.end - xs.begin;
  const std::int64_t height = rows.end - rows.begin;
  const bool joined = width == x.axis.out && rows_follow();
  const bool along_x = joined || runs_along_x(width, height, kernel.tile_rows, y.axis.stride * src.row);
  args.rows = joined ? width * height : along_x ? width : height;
  args.a.stride = along_x ? x.axis.stride * src.pixel : y.axis.stride * src.row;
  args.c.stride = along_x ? dst.pixel : dst.row;
  args.residual.stride = along_x ? residual.pixel : residual.row;
  const std::ptrdiff_t column = weights.panels().first_column(panel) * table.tensor_bytes();
  for (std::int64_t i = 0; i < (joined ? 1 : along_x ? height : width); ++i) {
    const std::int64_t oy = rows.begin + (along_x ? i : 0);
    const std::int64_t ox = xs.begin + (along_x ? 0 : i);
    const std::int64_t iy = oy * y.axis.stride - y.axis.pad + ys.first_tap * y.axis.dilation;
    const std::int64_t ix = ox * x.axis.stride - x.axis.pad + xs.first_tap * x.axis.dilation;
    // Without any tap there is no input to point at, and the sum is the bias.
    const bool no_tap = args.steps.outer == 0 || args.steps.inner == 0 || args.steps.k == 0;
    args.a.data = no_tap ? image.src : advance(image.src, iy * src.row + ix * src.pixel);
    args.c.data = advance(image.dst, oy * dst.row + ox * dst.pixel + column);
    args.residual.data = advance(image.residual, oy * residual.row + ox * residual.pixel + column);
    const Range fresh = along_x && panel == 0 ? fresh_rows(joined ? rows.end - 1 : oy) : Range{0, 0};
    args.prefetch = {fresh.begin < fresh.end ? advance(image.src, fresh.begin * src.row) : nullptr,
                     (fresh.end - fresh.begin) * src.row};
    multiply_panel(table, kernel, args);
  }
}

// Whether the pixels of consecutive output rows lie at one distance, like those of a row: in src, in dst and in the
// residual.
bool Windows::rows_follow() const noexcept {
  const auto follow = [&](const ImageStrides& s) { return s.row == x.axis.out * s.pixel; };
  return follow(dst) && follow(residual) && y.axis.stride * src.row == x.axis.out * x.axis.stride * src.pixel;
}

// The input rows that output row oy + 1 uses and output row oy does not.
Range Windows::fresh_rows(std::int64_t oy) const noexcept {
  const ConvAxis& a = y.axis;
  const std::int64_t seen = oy * a.stride - a.pad + (a.kernel - 1) * a.dilation + 1;
  return {std::clamp<std::int64_t>(seen, 0, a.in), std::clamp<std::int64_t>(seen + a.stride, 0, a.in)};
}

}  // namespace tandem::inline TANDEM_ABI::internal
