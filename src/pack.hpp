// Weights in the order the kernels read them.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernel_table.hpp"
#include "src/aligned_buffer.hpp"
#include "src/filter.hpp"
#include "src/tiling.hpp"
#include "tandem/params.hpp"

namespace tandem::internal {

/// The right-hand side of a matrix product, k x n, in panels, each followed by its piece of the bias:
///
///   panel 0: | b[0][0..w) | b[1][0..w) | ... | b[k-1][0..w) | bias[0..w) |   w = its vectors * V, zero past n
///   panel 1: ...
///
/// Row k of the matrix is tap (ky, kx), input channel c of the filter: k = (ky * KW + kx) * C + c, the order in which
/// the input lies in memory.
class PackedGemm {
 public:
  /// Throws std::bad_alloc. The filter and bias were checked.
  PackedGemm(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size, FloatSpan bias);

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
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes(); }

 private:
  std::int64_t k_;
  std::int64_t n_;
  std::int64_t vector_floats_;
  std::vector<PanelShape> shapes_;
  std::vector<std::int64_t> offsets_;
  AlignedBuffer data_;
};

/// A depthwise filter as [KH, KW, pitch], then the bias as [pitch]: pitch is the channel count rounded up to a vector,
/// zero past it, so that a kernel loads whole vectors of weights even for a tail of channels.
class PackedDepthwise {
 public:
  /// Throws std::bad_alloc. The filter and bias were checked.
  PackedDepthwise(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size, FloatSpan bias);

  [[nodiscard]] const float* filter() const noexcept { return data_.data(); }
  [[nodiscard]] const float* bias() const noexcept { return data_.data() + taps_ * pitch_; }
  [[nodiscard]] std::int64_t pitch() const noexcept { return pitch_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes(); }

 private:
  std::int64_t taps_;
  std::int64_t pitch_;
  AlignedBuffer data_;
};

}  // namespace tandem::internal
