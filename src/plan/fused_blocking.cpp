#include "src/plan/fused_blocking.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/pitch.hpp"
#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// The channels of the largest group of a separable block.
std::int64_t largest_group(const DepthwiseGeometry& d, std::int64_t groups) noexcept {
  const std::int64_t units = ceil_div(d.channels(), d.channel_unit());
  return std::min(ceil_div(units, groups) * d.channel_unit(), d.channels());
}

// Groups of a separable block: equal shares of whole cache lines, each in groups whose rows stay in L1.
void share_channels(const Machine& machine, const BlockGeometry& s, std::int32_t workers, FusedBlocking& b) noexcept {
  const DepthwiseGeometry& d = s.depthwise;
  const std::int64_t units = channel_units(s);
  if (d.woven() != nullptr) {  // whose kernel keeps the rows of a block in L1
    b.groups = workers == 1 ? 1 : std::min<std::int64_t>(kTasksAWorker * workers, units);
  } else {
    const std::int64_t block =
        depthwise_channel_block(d.in_w() * d.element_bytes(), d.channels(), d.kernel_rows(), machine.caches);
    b.groups = std::min(workers * ceil_div(ceil_div(d.channels(), workers), block), units);
  }
  b.group_channels = largest_group(d, b.groups);
}

// Group channels and ring of a block with expand whose largest group has this many units.
void set_group_channels(const BlockGeometry& s, std::int64_t group_units, FusedBlocking& b) noexcept {
  const std::int64_t columns = group_units * b.unit_panels * s.expand->panels.shape(0).columns;
  b.group_channels = std::min(columns, s.depthwise.channels());
  // The last panel may be a vector wider than the others.
  b.ring_pitch = padded_pitch(b.ring_holds_group ? columns + 16 : s.depthwise.channels(), s.depthwise.element_bytes());
}

}  // namespace

std::int64_t fresh_elements(const DepthwiseGeometry& d, std::int64_t strip_rows) noexcept {
  return strip_rows * d.params().stride_h * d.in_w() * d.in_channels();
}

// Beyond four panels of two or three vectors nothing is left to try: all are a unit.
std::int64_t unit_panels(const BlockGeometry& s) noexcept {
  if (s.depthwise.woven() == nullptr) return 1;
  const kernels::Panels& panels = s.expand->panels;
  for (const std::int64_t unit : {1, 2, 4}) {
    std::int64_t panel = unit;
    while (panel < panels.count() && panels.first_column(panel) % s.depthwise.channel_unit() == 0) panel += unit;
    if (panel >= panels.count()) return unit;
  }
  return panels.count();
}

std::int64_t channel_units(const BlockGeometry& s) noexcept {
  return !s.expand ? ceil_div(s.depthwise.channels(), s.depthwise.channel_unit())
                   : ceil_div(s.expand->panels.count(), unit_panels(s));
}

FusedBlocking row_blocking(const Machine& machine, const BlockGeometry& s, std::int64_t row_chunk,
                           std::int64_t strip_rows, std::int64_t groups) noexcept {
  const DepthwiseGeometry& d = s.depthwise;
  FusedBlocking b{};
  b.channel_workers = 1;
  b.row_chunk = row_chunk;
  b.row_chunks = ceil_div(d.out_h(), row_chunk);
  b.strip_rows = strip_rows;
  b.strip_pitch = padded_pitch(d.channels(), d.element_bytes());
  // Pixels of the strip that pass all panels of the projection before the next pixels do: enough tiles to amortise a
  // panel, few enough to stay near.
  constexpr std::int64_t kProjectRows = 216;
  b.project_block = std::min(round_up(kProjectRows, machine.tile_rows), strip_rows * d.out_w());
  if (!s.expand) {
    share_channels(machine, s, 1, b);
    // Without expand the depthwise stage would wait for its input; an expansion has enough to compute. If the weights
    // are larger than the input of a strip, they are prefetched instead, one panel ahead.
    b.prefetches_input = strip_rows < row_chunk && fresh_elements(d, strip_rows) >= s.project.k * s.project.n();
    return b;
  }

  b.ring_holds_group = strip_rows >= row_chunk;
  b.ring_rows = d.input_extent(strip_rows);
  b.unit_panels = unit_panels(s);
  const std::int64_t units = ceil_div(s.expand->panels.count(), b.unit_panels);
  b.groups = std::min(groups, units);
  set_group_channels(s, ceil_div(units, b.groups), b);
  return b;
}

FusedBlocking group_blocking(const Machine& machine, const BlockGeometry& s, std::int64_t row_chunk,
                             std::int64_t strip_rows, std::int64_t groups) noexcept {
  FusedBlocking b = row_blocking(machine, s, row_chunk, strip_rows, groups);
  b.prefetches_input = false;
  if (!s.expand) {
    b.groups = groups;
    b.group_channels = largest_group(s.depthwise, groups);
    return b;
  }
  b.ring_holds_group = true;
  set_group_channels(s, ceil_div(channel_units(s), groups), b);
  return b;
}

FusedBlocking channel_blocking(const Machine& machine, const BlockGeometry& s, std::int32_t workers,
                               std::int64_t row_shared) noexcept {
  const std::int64_t rows = s.depthwise.out_h();
  FusedBlocking b = row_blocking(machine, s, rows, rows, 1);
  b.channel_workers = workers;
  if (!s.expand) {
    share_channels(machine, s, workers, b);
    return b;
  }
  // A few groups per worker, so that a late worker leaves some of them to the others.
  const std::int64_t whole = channel_units(s) - row_shared;
  b.groups = std::min<std::int64_t>(kTasksAWorker * workers, whole) + row_shared;
  b.row_shared_groups = row_shared;
  set_group_channels(s, ceil_div(whole, b.groups - row_shared), b);
  return b;
}

Range FusedBlocking::panels_of(std::int64_t group, std::int64_t panels) const noexcept {
  const std::int64_t whole = groups - row_shared_groups;
  const std::int64_t first_shared = ceil_div(panels, unit_panels) - row_shared_groups;
  const std::int64_t shared = first_shared + group - whole;
  const Range units = group < whole ? part(first_shared, whole, group) : Range{shared, shared + 1};
  return {units.begin * unit_panels, std::min(units.end * unit_panels, panels)};
}

std::int64_t channel_tasks(const FusedBlocking& b) noexcept {
  return b.groups - b.row_shared_groups + b.row_shared_groups * b.channel_workers;
}

ChannelTask channel_task(const FusedBlocking& b, std::int64_t out_h, std::int64_t task) noexcept {
  const std::int64_t workers = b.channel_workers;
  if (b.row_shared_groups == 0) return {task, {0, out_h}};
  const std::int64_t whole = b.groups - b.row_shared_groups;  // a multiple of the workers
  const std::int64_t share = whole / workers + b.row_shared_groups;
  const std::int64_t worker = task / share;
  const std::int64_t i = task % share;
  if (i < whole / workers) return {worker * (whole / workers) + i, {0, out_h}};
  return {whole + i - whole / workers, part(out_h, workers, worker)};
}

std::int64_t recomputed_multiply_adds(const BlockGeometry& s, const FusedBlocking& b) noexcept {
  if (!s.expand) return 0;
  const DepthwiseGeometry& d = s.depthwise;
  // Multiply-adds per column of the expanded rows that chunks compute beyond the first time.
  const auto again = [&](std::int64_t chunks, const auto& chunk) {
    const auto rows_of = [&](Range out_rows) {
      const Range in = d.input_rows(out_rows);
      return in.end - in.begin;
    };
    std::int64_t rows = -rows_of({0, d.out_h()});
    for (std::int64_t i = 0; i < chunks; ++i) rows += rows_of(chunk(i));
    return std::max<std::int64_t>(rows, 0) * d.in_w() * s.expand->inputs;
  };
  const std::int64_t each = again(
      b.row_chunks, [&](std::int64_t i) { return Range{i * b.row_chunk, std::min((i + 1) * b.row_chunk, d.out_h())}; });
  if (b.row_shared_groups == 0) return each * s.expand->n();
  const Range panels = b.panels_of(b.groups - b.row_shared_groups, s.expand->panels.count());
  const std::int64_t columns = s.expand->n() - s.expand->panels.first_column(panels.begin);
  return columns * again(b.channel_workers, [&](std::int64_t i) { return part(d.out_h(), b.channel_workers, i); });
}

}  // namespace tandem::inline TANDEM_ABI::internal
