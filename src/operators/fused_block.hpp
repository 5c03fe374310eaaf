// The plan of a separable block and of an inverted residual: one pass over the image, strip by strip.
#pragma once

#include <memory>

#include "src/depthwise_stage.hpp"
#include "src/operator_impl.hpp"
#include "src/pack.hpp"

namespace tandem::internal {

/// The stages of a block; the weights live as long as the plan's operator.
struct BlockStages {
  const PackedGemm* expand;  // null: a separable block
  Activation expand_activation;
  DepthwiseStage depthwise;
  const PackedGemm* project;
  Activation project_activation;
  bool adds_src;  // the residual is the block's own input
};

std::unique_ptr<PlanImpl> make_block_plan(PlanInfo info, const CacheSizes& caches, const kernels::KernelTable& kernels,
                                          const BlockStages& stages);

}  // namespace tandem::internal
