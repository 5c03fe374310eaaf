#include "src/stages/stage_tasks.hpp"

#include <algorithm>

namespace tandem::inline TANDEM_ABI::internal {

void MatrixTasks::operator()(std::int64_t task, const Worker&) const noexcept {
  const std::int64_t first = task / blocking.panel_groups * blocking.row_block;
  const Range panels = part(weights.panels(), blocking.panel_groups, task % blocking.panel_groups);
  multiply(kernels, weights, panels, std::min(blocking.row_block, rows - first), a.from(first),
           {c.data + first * c.stride, c.stride, c.far}, residual.from(first));
}

void DepthwiseTasks::operator()(std::int64_t task, const Worker& worker) const noexcept {
  const std::int64_t in_row = stage.in_w() * src_pitch;
  const std::int64_t out_row = stage.out_w() * dst_pitch;
  const std::int64_t image = task / blocking.tasks();
  const std::int64_t chunk = task % blocking.tasks() / blocking.channel_blocks;
  const std::int64_t block = task % blocking.channel_blocks;
  const Range rows{chunk * blocking.row_chunk, std::min((chunk + 1) * blocking.row_chunk, stage.out_h())};
  const Range channels{block * blocking.channel_block,
                       std::min((block + 1) * blocking.channel_block, stage.channels())};
  const std::int64_t out_image = image * stage.out_h() * out_row;
  const std::int64_t residual_row = stage.out_w() * residual_pitch;
  const float* image_residual = residual == nullptr ? nullptr : residual + image * stage.out_h() * residual_row;
  stage.run(rows, channels, {src + image * stage.in_h() * in_row, src_pitch, in_row, stage.in_h()},
            {dst + out_image, dst_pitch, out_row, 0}, {image_residual, residual_pitch, residual_row},
            copies ? workspace.own(0, worker.index()) : nullptr);
}

MatrixTasks projection(const kernels::KernelTable& kernels, const BlockStages& stages, const GemmBlocking& blocking,
                       const PlanInfo& info, const RunArgs& args, std::int64_t image, ConstRows filtered) noexcept {
  const std::int64_t pixels = stages.depthwise.out_h() * stages.depthwise.out_w();
  const std::int64_t first = image * pixels;
  return {kernels,
          *stages.project,
          blocking,
          pixels,
          filtered,
          {args.dst + first * info.strides.dst, info.strides.dst, info.far_dst},
          block_residual(stages, info.strides, args).from(first)};
}

}  // namespace tandem::inline TANDEM_ABI::internal
