// Weights in the order the kernels read them.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel_table.hpp"
#include "src/base/aligned_buffer.hpp"
#include "src/plan/tiling.hpp"
#include "src/weights/filter.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// An activation as the kernels want it, with the slopes of a PReLU, zero up to a whole vector.
class PackedEpilogue {
 public:
  /// For the channels in `outputs`. Throws std::bad_alloc. The activation was checked.
  PackedEpilogue(const kernels::KernelTable& kernels, const Activation& activation, ResidualOrder order, Range outputs);

  /// For columns (channels) from `column` on.
  [[nodiscard]] kernels::Epilogue at(std::int64_t column) const noexcept {
    kernels::Epilogue e = epilogue_;
    if (slopes_.data() != nullptr) e.slopes = slopes_.data() + column;
    return e;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return slopes_.bytes(); }

 private:
  kernels::Epilogue epilogue_;
  AlignedBuffer slopes_;
};

/// What a stage computes with, apart from its filter.
struct StageEnd {
  FloatSpan bias;
  Activation activation;
  ResidualOrder order = ResidualOrder::kBeforeActivation;
};

/// The right-hand side of a matrix product, k x n, in panels, each followed by its piece of the bias:
///
///   panel 0: | b[0][0..w) | b[1][0..w) | ... | b[k-1][0..w) | bias[0..w) |   w = its vectors * V, zero past n
///   panel 1: ...
///
/// Row k of the matrix is tap (ky, kx), input channel c of the filter: k = (ky * KW + kx) * C + c, the order in which
/// the input lies in memory.
class PackedGemm {
 public:
  /// Of the filter's outputs those in `outputs`. Throws std::bad_alloc. Everything was checked.
  PackedGemm(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size, const StageEnd& end,
             Range outputs);
  /// All outputs.
  PackedGemm(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size, const StageEnd& end)
      : PackedGemm(kernels, filter, size, end, {0, size.out}) {}

  [[nodiscard]] std::int64_t k() const noexcept { return k_; }
  [[nodiscard]] std::int64_t n() const noexcept { return n_; }
  [[nodiscard]] std::int64_t panels() const noexcept { return static_cast<std::int64_t>(shapes_.size()); }
  [[nodiscard]] const PanelShape& shape(std::int64_t panel) const noexcept {
    return shapes_[static_cast<std::size_t>(panel)];
  }
  [[nodiscard]] const float* panel(std::int64_t panel) const noexcept {
    return data_.data() + offsets_[static_cast<std::size_t>(panel)];
  }
  [[nodiscard]] std::int64_t panel_floats(std::int64_t i) const noexcept {
    return k_ * shape(i).vectors * vector_floats_;
  }
  [[nodiscard]] const float* bias(std::int64_t i) const noexcept { return panel(i) + panel_floats(i); }
  /// Panels as a GemvArgs takes them, at the beginning: all but the last one, and mostly that as well.
  [[nodiscard]] std::int64_t row_panels() const noexcept {
    constexpr std::int32_t kVectors = kernels::GemvArgs::kVectors;
    const PanelShape& last = shapes_.back();
    return panels() - (last.vectors == kVectors && last.columns == kVectors * vector_floats_ ? 0 : 1);
  }
  [[nodiscard]] std::ptrdiff_t row_panel_stride() const noexcept {
    return (k_ + 1) * kernels::GemvArgs::kVectors * vector_floats_;
  }
  [[nodiscard]] kernels::Epilogue epilogue(std::int64_t i) const noexcept {
    return epilogue_.at(shape(i).first_column);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes() + epilogue_.bytes(); }

 private:
  std::int64_t k_;
  std::int64_t n_;
  std::int64_t vector_floats_;
  std::vector<PanelShape> shapes_;
  std::vector<std::int64_t> offsets_;
  AlignedBuffer data_;
  PackedEpilogue epilogue_;
};

/// A depthwise filter as [KH, I, KW, pitch], then the bias as [pitch]: pitch is the number of output channels rounded up
/// to a vector, zero past it, so that a kernel loads whole vectors of weights even for a tail of channels. I is 1, or the
/// input channels of a group, which count as kernel rows.
class PackedDepthwise {
 public:
  /// Throws std::bad_alloc. Everything was checked.
  PackedDepthwise(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size,
                  const StageEnd& end);

  [[nodiscard]] const float* filter() const noexcept { return data_.data(); }
  [[nodiscard]] const float* bias() const noexcept { return data_.data() + taps_ * pitch_; }
  [[nodiscard]] std::int64_t pitch() const noexcept { return pitch_; }
  [[nodiscard]] kernels::Epilogue epilogue(std::int64_t channel) const noexcept { return epilogue_.at(channel); }
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes() + epilogue_.bytes(); }

 private:
  std::int64_t taps_;
  std::int64_t pitch_;
  AlignedBuffer data_;
  PackedEpilogue epilogue_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
