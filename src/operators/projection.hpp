// The last stage of a block, fused or not: the projection of an image onto the caller's output.
#pragma once

#include "src/operators/operator_impl.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/matrix_product.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// filtered: the depthwise stage's outputs for all pixels of this image.
inline MatrixOperands projection(const PlanInfo& info, const BlockStages& stages, const RunArgs& args,
                                 std::int64_t image, const kernels::ConstRows& filtered) noexcept {
  const DepthwiseGeometry& d = stages.depthwise.geometry();
  const std::int64_t pixels = d.out_h() * d.out_w();
  const ByteStrides strides = info.byte_strides();
  const kernels::ConstRows residual =
      stages.adds_src ? kernels::ConstRows{args.src, strides.src} : kernels::ConstRows{args.residual, strides.residual};
  return {.rows = pixels,
          .a = filtered,
          .c = rows_from(kernels::Rows{args.dst, strides.dst}, image * pixels),
          .far_c = info.far_dst,
          .residual = rows_from(residual, image * pixels)};
}

}  // namespace tandem::inline TANDEM_ABI::internal
