#include "src/stages/group_stages.hpp"

#include <algorithm>

#include "src/stages/matrix_product.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Range GroupStages::channels(std::int64_t group) const noexcept {
  if (s_.expand == nullptr) {
    const std::int64_t unit = geometry().channel_unit();
    const Range units = part(ceil_div(geometry().channels(), unit), b_.groups, group);
    return {units.begin * unit, std::min(units.end * unit, geometry().channels())};
  }
  const kernels::Panels& all = s_.expand->panels();
  const Range panels = b_.panels_of(group, all.count());
  return {all.first_column(panels.begin), all.first_column(panels.end)};
}

// The groups of woven rows have each a ring without gaps, so that all of it fits into L1.
SourceRows GroupStages::ring_of(Range channels, const void* rings) const noexcept {
  const DepthwiseGeometry& d = geometry();
  const bool apart = d.woven() != nullptr && b_.groups > 1;
  const std::ptrdiff_t pixel = apart ? channels.end - channels.begin : b_.ring_pitch * d.element_bytes();
  const std::int64_t before = apart && !b_.ring_holds_group ? b_.ring_rows * d.in_w() * channels.begin : 0;
  return {advance(rings, before), pixel, d.in_w() * pixel, b_.ring_rows,
          apart || b_.ring_holds_group ? channels.begin : 0};
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
  const SourceRows ring = ring_of(some, own.ring);
  const std::ptrdiff_t offset = static_cast<const std::byte*>(ring.data) - static_cast<const std::byte*>(own.ring);
  for (std::int64_t y = fresh.begin; y < fresh.end;) {
    const std::int64_t slot = y % b_.ring_rows;
    const std::int64_t rows = std::min(fresh.end - y, b_.ring_rows - slot);  // up to where the ring wraps
    MatrixOperands m{.rows = rows * d.in_w(),
                     .a = rows_from(src, y * d.in_w()),
                     .c = {advance(own.ring, offset + slot * ring.row_stride), ring.pixel_stride}};
    m.first_c_column = ring.first_channel;
    multiply(*s_.expand, b_.panels_of(group, s_.expand->panels().count()), m, {{}, next_.prefetch(0)});
    y += rows;
  }
  s_.depthwise.run(strip_rows, some, ring, target, {}, own.scratch);
}

}  // namespace tandem::inline TANDEM_ABI::internal
