#include "src/operators/stage_tasks.hpp"

#include <algorithm>

#include "src/operator_impl.hpp"

namespace tandem::internal {

void run_matrix(const BoundExecutor& executor, const kernels::KernelTable& kernels, const PackedGemm& weights,
                const GemmBlocking& blocking, std::int32_t workers, std::int64_t rows, ConstRows a, Rows c,
                ConstRows residual) noexcept {
  for_each_task(executor, workers, blocking.tasks(), [&](std::int64_t task, std::int32_t) {
    const std::int64_t first = task / blocking.panel_groups * blocking.row_block;
    const Range panels = part(weights.panels(), blocking.panel_groups, task % blocking.panel_groups);
    multiply(kernels, weights, panels, std::min(blocking.row_block, rows - first), a.from(first),
             {c.data + first * c.stride, c.stride, c.far}, residual.from(first));
  });
}

void run_depthwise(const BoundExecutor& executor, const DepthwiseStage& stage, const DepthwiseBlocking& blocking,
                   std::int32_t workers, const DepthwiseTensors& t) noexcept {
  const std::int64_t in_row = stage.in_w() * t.src_pitch;
  const std::int64_t out_row = stage.out_w() * t.dst_pitch;
  for_each_task(executor, workers, t.images * blocking.tasks(), [&](std::int64_t task, std::int32_t worker) {
    const std::int64_t image = task / blocking.tasks();
    const std::int64_t chunk = task % blocking.tasks() / blocking.channel_blocks;
    const std::int64_t block = task % blocking.channel_blocks;
    const Range rows{chunk * blocking.row_chunk, std::min((chunk + 1) * blocking.row_chunk, stage.out_h())};
    const Range channels{block * blocking.channel_block,
                         std::min((block + 1) * blocking.channel_block, stage.channels())};
    const std::int64_t out_image = image * stage.out_h() * out_row;
    const std::int64_t residual_row = stage.out_w() * t.residual_pitch;
    const float* residual = t.residual == nullptr ? nullptr : t.residual + image * stage.out_h() * residual_row;
    stage.run(
        rows, channels, {t.src + image * stage.in_h() * in_row, t.src_pitch, in_row, stage.in_h()},
        {t.dst + out_image, t.dst_pitch, out_row, 0}, {residual, t.residual_pitch, residual_row},
        t.scratch_floats == 0 ? nullptr : WorkspaceLayout::at(t.workspace, t.scratch_offset, t.scratch_floats, worker));
  });
}

}  // namespace tandem::internal
