#include "src/operators/unfused_block.hpp"

#include <utility>

#include "src/base/pitch.hpp"
#include "src/operators/projection.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// Where the tensors between the stages lie; the workers share them. Their pixels are padded to a pitch that does not
/// alias in L1.
struct UnfusedTensors {
  std::ptrdiff_t expanded_stride;  // bytes from pixel to pixel
  std::ptrdiff_t filtered_stride;
  std::size_t expanded_offset;  // [in_h, in_w]; unused without expand
  std::size_t filtered_offset;  // [out_h, out_w]
};

UnfusedTensors lay_out(const BlockGeometry& block, const UnfusedBlocking& b, WorkspaceLayout& pieces) noexcept {
  const DepthwiseGeometry& d = block.depthwise;
  const std::int64_t bytes = d.element_bytes();
  UnfusedTensors t{};
  t.expanded_stride = padded_pitch(d.in_channels(), bytes) * bytes;
  t.filtered_stride = padded_pitch(d.channels(), bytes) * bytes;
  t.expanded_offset = pieces.add_shared(block.expand ? d.in_h() * d.in_w() * t.expanded_stride : 0);
  t.filtered_offset = pieces.add_shared(d.out_h() * d.out_w() * t.filtered_stride);
  pieces.add_own(d.scratch_bytes(b.depthwise.blocking.channel_block));
  return t;
}

class UnfusedPlan final : public PlanImpl {
 public:
  UnfusedPlan(const BlockStages& stages, const UnfusedBlocking& blocking)
      : s_(stages), b_(blocking), tensors_(lay_out(stages.geometry(), blocking, pieces)) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    for (std::int64_t image = 0; image < info.input.n; ++image) run_image(args, image, worker);
  }

 private:
  void run_image(const RunArgs& args, std::int64_t image, Worker& worker) const noexcept {
    const DepthwiseGeometry& d = s_.depthwise.geometry();
    const std::int64_t in_pixels = d.in_h() * d.in_w();
    const kernels::ConstRows src = rows_from(kernels::ConstRows{args.src, info.byte_strides().src}, image * in_pixels);
    const Workspace memory = workspace(args);
    const kernels::Rows expanded{memory.shared(tensors_.expanded_offset), tensors_.expanded_stride};
    const kernels::Rows filtered{memory.shared(tensors_.filtered_offset), tensors_.filtered_stride};
    ConstPixels input{src.data, src.stride};
    if (s_.expand != nullptr) {
      const MatrixTasks expand{*s_.expand, b_.expand.blocking, {.rows = in_pixels, .a = src, .c = expanded}};
      worker.share(expand.tasks(), expand);
      input = {expanded.data, expanded.stride};
    }
    const DepthwiseTasks depthwise{s_.depthwise, b_.depthwise.blocking, 1, input, {}, {filtered.data, filtered.stride},
                                   memory};
    worker.share(depthwise.tasks(), depthwise);
    const MatrixTasks project{*s_.project, b_.project.blocking,
                              projection(info, s_, args, image, {filtered.data, filtered.stride})};
    worker.share(project.tasks(), project);
  }

  BlockStages s_;
  UnfusedBlocking b_;
  UnfusedTensors tensors_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_unfused_plan(PlanInfo info, const BlockStages& stages, const UnfusedBlocking& blocking) {
  auto plan = std::make_unique<UnfusedPlan>(stages, blocking);
  plan->info = std::move(info);
  return plan;
}

std::size_t unfused_workspace_bytes(const BlockGeometry& block, const UnfusedBlocking& blocking) noexcept {
  WorkspaceLayout pieces;
  lay_out(block, blocking, pieces);
  return pieces.bytes(blocking.workers());
}

}  // namespace tandem::inline TANDEM_ABI::internal
