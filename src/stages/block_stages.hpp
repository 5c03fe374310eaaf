// The stages of a block with their weights. The weights live as long as the plan's operator.
#pragma once

#include "src/plan/fused_blocking.hpp"
#include "src/stages/depthwise_stage.hpp"
#include "src/stages/gates.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct BlockStages {
  const PackedGemm* expand;  // null: a separable block
  DepthwiseStage depthwise;
  const PackedGemm* project;
  bool adds_src;                                        // the residual is the block's own input
  const PackedSqueezeExcite* squeeze_excite = nullptr;  // between depthwise and project; null: none
  const kernels::Epilogue* addition = nullptr;  // of a quantised block that adds its input to what project stores

  [[nodiscard]] BlockGeometry geometry() const noexcept {
    BlockGeometry g{{}, depthwise.geometry(), geometry_of(*project)};
    if (expand != nullptr) g.expand = geometry_of(*expand);
    return g;
  }
};

}  // namespace tandem::inline TANDEM_ABI::internal
