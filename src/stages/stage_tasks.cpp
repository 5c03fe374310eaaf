#include "src/stages/stage_tasks.hpp"

#include <algorithm>

namespace tandem::inline TANDEM_ABI::internal {

MatrixTasks::Part MatrixTasks::part_of(std::int64_t task) const noexcept {
  const std::int64_t first = task / blocking.panel_groups * blocking.row_block;
  return {part(weights.panels().count(), blocking.panel_groups, task % blocking.panel_groups),
          operands.from(first, std::min(blocking.row_block, operands.rows - first))};
}

void MatrixTasks::operator()(std::int64_t task, const Worker&) const noexcept {
  const Part some = part_of(task);
  multiply(weights, some.panels, some.operands);
}

void DepthwiseTasks::operator()(std::int64_t task, const Worker& worker) const noexcept {
  const DepthwiseGeometry& g = stage.geometry();
  const std::int64_t image = task / blocking.tasks();
  const std::int64_t chunk = task % blocking.tasks() / blocking.channel_blocks;
  const std::int64_t block = task % blocking.channel_blocks;
  const Range rows{chunk * blocking.row_chunk, std::min((chunk + 1) * blocking.row_chunk, g.out_h())};
  const Range channels{block * blocking.channel_block, std::min((block + 1) * blocking.channel_block, g.channels())};
  const std::ptrdiff_t in_row = g.in_w() * src.stride;
  const std::ptrdiff_t out_row = g.out_w() * dst.stride;
  const std::ptrdiff_t residual_row = g.out_w() * residual.stride;
  stage.run(rows, channels, {advance(src.data, image * g.in_h() * in_row), src.stride, in_row, g.in_h()},
            {advance(dst.data, image * g.out_h() * out_row), dst.stride, out_row, 0},
            {advance(residual.data, image * g.out_h() * residual_row), residual.stride, residual_row},
            workspace.own(0, worker.index()));
}

}  // namespace tandem::inline TANDEM_ABI::internal
