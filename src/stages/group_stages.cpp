#include "src/stages/group_stages.hpp"

#include <algorithm>

#include "src/stages/matrix_product.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Range GroupStages::channels(std::int64_t group) const noexcept {
  if (s_.expand == nullptr) return line_part(geometry().channels(), b_.groups, group);
  const kernels::Panels& all = s_.expand->panels();
  const Range panels = b_.panels_of(group, all.count());
  return {all.first_column(panels.begin), all.first_column(panels.end)};
}

void GroupStages::fill(const kernels::ConstRows& src, const GroupBuffers& own, std::int64_t group, Range strip_rows,
                       Range fresh) const noexcept {
  const DepthwiseGeometry& d = geometry();
  const TargetRows target{own.strip, strip_stride(), d.out_w() * strip_stride(), strip_rows.begin};
  const Range some = channels(group);
  if (strip_rows.begin % b_.row_chunk == 0) s_.depthwise.prefetch_filter(some);  // here weights are cold
  if (s_.expand == nullptr) {
    s_.depthwise.run(strip_rows, some, {src.data, src.stride, d.in_w() * src.stride, d.in_h()}, target, {},
                     own.scratch);
    return;
  }
  const std::ptrdiff_t ring_stride = b_.ring_pitch * d.element_bytes();
  const SourceRows ring{own.ring, ring_stride, d.in_w() * ring_stride, b_.ring_rows,
                        b_.ring_holds_group ? some.begin : 0};
  for (std::int64_t y = fresh.begin; y < fresh.end;) {
    const std::int64_t slot = y % b_.ring_rows;
    const std::int64_t rows = std::min(fresh.end - y, b_.ring_rows - slot);  // up to where the ring wraps
    MatrixOperands m{.rows = rows * d.in_w(),
                     .a = rows_from(src, y * d.in_w()),
                     .c = {advance(own.ring, slot * ring.row_stride), ring.pixel_stride}};
    m.first_c_column = ring.first_channel;
    multiply(*s_.expand, b_.panels_of(group, s_.expand->panels().count()), m, {{}, next_.prefetch(0)});
    y += rows;
  }
  s_.depthwise.run(strip_rows, some, ring, target, {}, own.scratch);
}

}  // namespace tandem::inline TANDEM_ABI::internal
