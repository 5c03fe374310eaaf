#include "src/operators/unfused_block.hpp"

#include <utility>

#include "src/base/pitch.hpp"
#include "src/operators/projection.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

class UnfusedPlan final : public PlanImpl {
 public:
  UnfusedPlan(const BlockStages& stages, const UnfusedBlocking& blocking)
      : s_(stages),
        b_(blocking),
        tensors_(stages.geometry(), blocking.depthwise.blocking, pieces),
        projected_offset_(pieces.add_own(projected_bytes(stages, kAddedPixels))) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    for (std::int64_t image = 0; image < info.input.n; ++image) run_image(args, image, worker);
  }

 private:
  void run_image(const RunArgs& args, std::int64_t image, Worker& worker) const noexcept {
    const kernels::ConstRows src{args.src, info.byte_strides().src};
    const std::int64_t first = image * info.input.h * info.input.w;
    const Workspace memory = workspace(args);
    const kernels::Rows filtered = tensors_.run(s_, b_, rows_from(src, first), memory, worker);
    const ProjectionTasks project{
        s_,
        {*s_.project, b_.project.blocking, projection(info, s_, args, image, {filtered.data, filtered.stride})},
        memory,
        projected_offset_};
    worker.share(project.tasks(), project);
  }

  BlockStages s_;
  UnfusedBlocking b_;
  UnfusedTensors tensors_;
  std::size_t projected_offset_;
};

}  // namespace

UnfusedTensors::UnfusedTensors(const BlockGeometry& block, const DepthwiseBlocking& depthwise,
                               WorkspaceLayout& pieces) noexcept {
  const DepthwiseGeometry& d = block.depthwise;
  const std::int64_t bytes = d.element_bytes();
  expanded_stride_ = padded_pitch(d.in_channels(), bytes) * bytes;
  filtered_stride_ = padded_pitch(d.channels(), bytes) * bytes;
  expanded_offset_ = pieces.add_shared(block.expand ? d.in_h() * d.in_w() * expanded_stride_ : 0);
  filtered_offset_ = pieces.add_shared(d.out_h() * d.out_w() * filtered_stride_);
  pieces.add_own(d.scratch_bytes(depthwise.channel_block));
}

kernels::Rows UnfusedTensors::run(const BlockStages& s, const UnfusedBlocking& b, const kernels::ConstRows& src,
                                  const Workspace& memory, Worker& worker) const noexcept {
  const DepthwiseGeometry& d = s.depthwise.geometry();
  const kernels::Rows expanded{memory.shared(expanded_offset_), expanded_stride_};
  const kernels::Rows filtered{memory.shared(filtered_offset_), filtered_stride_};
  ConstPixels input{src.data, src.stride};
  if (s.expand != nullptr) {
    const MatrixTasks expand{*s.expand, b.expand.blocking, {.rows = d.in_h() * d.in_w(), .a = src, .c = expanded}};
    worker.share(expand.tasks(), expand);
    input = {expanded.data, expanded.stride};
  }
  const DepthwiseTasks depthwise{s.depthwise, b.depthwise.blocking, 1, input, {}, {filtered.data, filtered.stride},
                                 memory};
  worker.share(depthwise.tasks(), depthwise);
  return filtered;
}

std::unique_ptr<PlanImpl> make_unfused_plan(PlanInfo info, const BlockStages& stages, const UnfusedBlocking& blocking) {
  auto plan = std::make_unique<UnfusedPlan>(stages, blocking);
  plan->info = std::move(info);
  return plan;
}

void report_unfused(const BlockGeometry& s, const UnfusedBlocking& b, PlanReport& r) noexcept {
  const DepthwiseBlocking& depthwise = b.depthwise.blocking;
  r.kind = PlanKind::kUnfusedBlock;
  r.partition = partition_of(depthwise.row_chunks, depthwise.channel_blocks, b.depthwise.workers);
  const auto differs = [&](const Candidate<GemmBlocking>& stage) {
    return partition_of(stage.blocking.row_blocks, stage.blocking.panel_groups, stage.workers) != r.partition;
  };
  if ((s.expand && differs(b.expand)) || differs(b.project)) r.partition = Partition::kBoth;
  r.kernel = s.depthwise.kernel_name(depthwise.row_chunk, depthwise.row_chunk);
  r.row_block = depthwise.row_chunk;
  r.channel_block = depthwise.channel_block;
}

std::size_t unfused_workspace_bytes(const BlockStages& stages, const UnfusedBlocking& blocking) noexcept {
  WorkspaceLayout pieces;
  UnfusedTensors(stages.geometry(), blocking.depthwise.blocking, pieces);
  pieces.add_own(projected_bytes(stages, kAddedPixels));
  return pieces.bytes(blocking.workers());
}

}  // namespace tandem::inline TANDEM_ABI::internal
