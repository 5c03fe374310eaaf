// The filter of a depthwise stage of any type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "src/stages/depthwise_stage.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class DepthwiseWeights {
 public:
  /// size: one input, but for a convolution of groups. Throws std::bad_alloc. The arguments were checked.
  DepthwiseWeights(const kernels::KernelTable& kernels, const DepthwiseParams& params, const Weights& weights,
                   const FilterSize& size, const StageEnd& end)
      : packed_(pack(kernels, params, weights, size, end)) {}

  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept {
    return floats() != nullptr ? floats()->kernels() : woven()->kernels();
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return floats() != nullptr ? floats()->bytes() : woven()->bytes();
  }
  /// Of the first channel.
  [[nodiscard]] kernels::Epilogue epilogue() const noexcept {
    return floats() != nullptr ? floats()->epilogue(0) : woven()->epilogue(0);
  }
  /// These weights, laid over an input. They must outlive the stage.
  [[nodiscard]] DepthwiseStage over(const DepthwiseGeometry& geometry) const noexcept {
    return floats() != nullptr ? DepthwiseStage(geometry, *floats()) : DepthwiseStage(geometry, *woven());
  }

 private:
  using Packed = std::variant<PackedDepthwise, PackedWoven>;

  static Packed pack(const kernels::KernelTable& kernels, const DepthwiseParams& p, const Weights& weights,
                     const FilterSize& size, const StageEnd& end) {
    if (!kernels.int8()) return PackedDepthwise(kernels, weights, size, end);
    const kernels::WovenKernel& kernel = kernels.woven_kernel({0, 0, p.kernel_w, p.stride_w, p.dilation_w, 0});
    return PackedWoven(kernels, kernel, weights, size, end);
  }

  [[nodiscard]] const PackedDepthwise* floats() const noexcept { return std::get_if<PackedDepthwise>(&packed_); }
  [[nodiscard]] const PackedWoven* woven() const noexcept { return std::get_if<PackedWoven>(&packed_); }

  Packed packed_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
