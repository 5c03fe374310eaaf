// Runs a quantised depthwise convolution on woven rows (kernels/woven.hpp).
#pragma once

#include "src/plan/woven_geometry.hpp"
#include "src/stages/image_rows.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// DepthwiseStage::run() of a quantised stage. scratch: geometry.scratch_bytes().
void run_woven(const WovenGeometry& geometry, const PackedWoven& weights, Range rows, Range channels,
               const SourceRows& src, const TargetRows& dst, void* scratch) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
