// The bodies of stages that several operators have, see Worker::share(): each is its own operator's only one, and one of a block's.
#pragma once

#include "src/operators/operator_impl.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/fused_blocking.hpp"
#include "src/stages/depthwise_stage.hpp"
#include "src/stages/gemm.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// c[0..rows) = act(a * weights + bias + residual), all columns.
struct MatrixTasks {
  const kernels::KernelTable& kernels;
  const PackedGemm& weights;
  const GemmBlocking& blocking;
  std::int64_t rows;
  ConstRows a;
  Rows c;
  ConstRows residual;

  [[nodiscard]] std::int64_t tasks() const noexcept { return blocking.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept;
};

/// Of a batch of images one behind the other. residual may be null.
struct DepthwiseTasks {
  const DepthwiseStage& stage;
  const DepthwiseBlocking& blocking;
  std::int64_t images;
  const float* src;
  std::int64_t src_pitch;  // floats of a pixel
  const float* residual;
  std::int64_t residual_pitch;
  float* dst;
  std::int64_t dst_pitch;
  bool copies;  // its input rows, to a scratch of each worker's own, the first of its pieces of the workspace
  Workspace workspace;

  [[nodiscard]] std::int64_t tasks() const noexcept { return images * blocking.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept;
};

/// What a block adds to its output, from pixel 0 of the first image.
inline ConstRows block_residual(const BlockStages& stages, const PixelStrides& strides, const RunArgs& args) noexcept {
  return stages.adds_src ? ConstRows{args.src, strides.src} : ConstRows{args.residual, strides.residual};
}

/// The projection of one image from the depthwise stage's outputs.
MatrixTasks projection(const kernels::KernelTable& kernels, const BlockStages& stages, const GemmBlocking& blocking,
                       const PlanInfo& info, const RunArgs& args, std::int64_t image, ConstRows filtered) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
