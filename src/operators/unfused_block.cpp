#include "src/operators/unfused_block.hpp"

#include <utility>

#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// Where the tensors between the stages lie, which the workers share. Their pixels are padded to a pitch that does not alias
/// in L1.
struct UnfusedTensors {
  std::int64_t expanded_pitch;
  std::int64_t depthwise_pitch;
  std::size_t expanded_offset;   // [in_h, in_w, expanded_pitch], without expand nothing
  std::size_t depthwise_offset;  // [out_h, out_w, depthwise_pitch]
};

UnfusedTensors lay_out(const BlockStages& s, const UnfusedBlocking& b, WorkspaceLayout& pieces) noexcept {
  const DepthwiseStage& d = s.depthwise;
  UnfusedTensors t{};
  t.expanded_pitch = padded_pitch(d.in_channels());
  t.depthwise_pitch = padded_pitch(d.channels());
  t.expanded_offset = pieces.add_shared(s.expand == nullptr ? 0 : d.in_h() * d.in_w() * t.expanded_pitch);
  t.depthwise_offset = pieces.add_shared(d.out_h() * d.out_w() * t.depthwise_pitch);
  pieces.add_own(s.copies ? d.scratch_floats(b.depthwise.blocking.channel_block) : 0);
  return t;
}

class UnfusedPlan final : public PlanImpl {
 public:
  UnfusedPlan(const kernels::KernelTable& kernels, const BlockStages& stages, const UnfusedBlocking& blocking)
      : kernels_(kernels), s_(stages), b_(blocking), tensors_(lay_out(stages, blocking, pieces)) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    for (std::int64_t image = 0; image < info.input.n; ++image) run_image(args, image, worker);
  }

 private:
  void run_image(const RunArgs& args, std::int64_t image, Worker& worker) const noexcept {
    const DepthwiseStage& d = s_.depthwise;
    const std::int64_t src_stride = info.strides.src;
    const float* src = args.src + image * d.in_h() * d.in_w() * src_stride;
    const Workspace memory = workspace(args);
    float* expanded = memory.shared(tensors_.expanded_offset);
    float* filtered = memory.shared(tensors_.depthwise_offset);
    const bool separable = s_.expand == nullptr;
    const DepthwiseTasks depthwise{d,
                                   b_.depthwise.blocking,
                                   1,
                                   separable ? src : expanded,
                                   separable ? src_stride : tensors_.expanded_pitch,
                                   nullptr,
                                   0,
                                   filtered,
                                   tensors_.depthwise_pitch,
                                   s_.copies,
                                   memory};
    const MatrixTasks project =
        projection(kernels_, s_, b_.project.blocking, info, args, image, {filtered, tensors_.depthwise_pitch});
    if (!separable) {
      const MatrixTasks expand{kernels_,           *s_.expand,
                               b_.expand.blocking, d.in_h() * d.in_w(),
                               {src, src_stride},  {expanded, tensors_.expanded_pitch},
                               {nullptr, 0}};
      worker.share(expand.tasks(), expand);
    }
    worker.share(depthwise.tasks(), depthwise);
    worker.share(project.tasks(), project);
  }

  const kernels::KernelTable& kernels_;
  BlockStages s_;
  UnfusedBlocking b_;
  UnfusedTensors tensors_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_unfused_plan(PlanInfo info, const kernels::KernelTable& kernels,
                                            const BlockStages& stages, const UnfusedBlocking& blocking) {
  auto plan = std::make_unique<UnfusedPlan>(kernels, stages, blocking);
  plan->info = std::move(info);
  return plan;
}

std::size_t unfused_workspace_bytes(const BlockStages& stages, const UnfusedBlocking& blocking) noexcept {
  WorkspaceLayout pieces;
  lay_out(stages, blocking, pieces);
  return pieces.bytes(blocking.workers());
}

}  // namespace tandem::inline TANDEM_ABI::internal
