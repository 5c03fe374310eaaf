// The plan of a block whose stages run one after the other, image by image, with whole tensors between them in the
// workspace. It is for shapes that fusing does not pay for, and has the bits of the fused plan.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/plan/fusion.hpp"
#include "src/stages/block_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Where the tensors between the stages lie; the workers share them. Their pixels are padded to a pitch that does not
/// alias in L1.
class UnfusedTensors {
 public:
  /// Adds them to the workspace, with a depthwise stage's scratch as the first of each worker's own pieces.
  UnfusedTensors(const BlockGeometry& block, const DepthwiseBlocking& depthwise, WorkspaceLayout& pieces) noexcept;

  /// Expand (if any) and depthwise of the image at `src`, one after the other; the workers meet between them. Returns
  /// the depthwise stage's output. All workers call this.
  kernels::Rows run(const BlockStages& stages, const UnfusedBlocking& blocking, const kernels::ConstRows& src,
                    const Workspace& memory, Worker& worker) const noexcept;

 private:
  std::ptrdiff_t expanded_stride_;  // bytes from pixel to pixel
  std::ptrdiff_t filtered_stride_;
  std::size_t expanded_offset_;  // [in_h, in_w]; unused without expand
  std::size_t filtered_offset_;  // [out_h, out_w]
};

std::unique_ptr<PlanImpl> make_unfused_plan(PlanInfo info, const BlockStages& stages, const UnfusedBlocking& blocking);

void report_unfused(const BlockGeometry& block, const UnfusedBlocking& blocking, PlanReport& report) noexcept;

/// Bytes of the workspace that such a plan needs.
std::size_t unfused_workspace_bytes(const BlockStages& stages, const UnfusedBlocking& blocking) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
