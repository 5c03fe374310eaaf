// Running one stage as tasks of the executor: what an operator of one stage does, and an unfused block stage by stage.
#pragma once

#include "src/candidates.hpp"
#include "src/depthwise_stage.hpp"
#include "src/executor.hpp"
#include "src/fusion.hpp"
#include "src/gemm.hpp"
#include "tandem/operator.hpp"

namespace tandem::internal {

/// c[0..rows) = act(a * weights + bias + residual), all columns.
void run_matrix(const BoundExecutor& executor, const kernels::KernelTable& kernels, const PackedGemm& weights,
                const GemmBlocking& blocking, std::int32_t workers, std::int64_t rows, ConstRows a, Rows c,
                ConstRows residual) noexcept;

/// A batch of images one behind the other. residual may be null.
struct DepthwiseTensors {
  std::int64_t images;
  const float* src;
  std::int64_t src_pitch;  // floats of a pixel
  const float* residual;
  std::int64_t residual_pitch;
  float* dst;
  std::int64_t dst_pitch;
  void* workspace;              // of the plan
  std::size_t scratch_offset;   // in the workspace, of one scratch a worker
  std::int64_t scratch_floats;  // 0: the rows are read where they lie
};
void run_depthwise(const BoundExecutor& executor, const DepthwiseStage& stage, const DepthwiseBlocking& blocking,
                   std::int32_t workers, const DepthwiseTensors& tensors) noexcept;

/// What a block adds to its output, from pixel 0 of the first image.
inline ConstRows block_residual(const BlockStages& stages, const PixelStrides& strides, const RunArgs& args) noexcept {
  return stages.adds_src ? ConstRows{args.src, strides.src} : ConstRows{args.residual, strides.residual};
}

}  // namespace tandem::internal
