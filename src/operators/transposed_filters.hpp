// The packed weights of a transposed convolution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/plan/matrix_geometry.hpp"
#include "src/weights/pack.hpp"
#include "tandem/params.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The packed taps: a matrix for each pair of sets of taps and each group; and of few output channels a matrix of all
/// taps for each group, whose columns are a block of outputs. Quantised filters have no such blocks.
class TransposedFilters {
 public:
  /// The arguments were checked. Throws std::bad_alloc.
  TransposedFilters(const kernels::KernelTable& kernels, const ConvTranspose2dParams& params, const Weights& weights);

  [[nodiscard]] const PackedGemm& at(std::int64_t set_h, std::int64_t set_w, std::int64_t group) const noexcept {
    return packed_[static_cast<std::size_t>((set_h * sets_w_ + set_w) * groups_ + group)];
  }
  [[nodiscard]] const PackedGemm& joined(std::int64_t group) const noexcept {
    return joined_[static_cast<std::size_t>(group)];
  }
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// One group as a matrix of all taps.
  [[nodiscard]] MatrixGeometry geometry() const noexcept;
  /// The same of the outputs of a block; its k is 0 if there are none.
  [[nodiscard]] MatrixGeometry joined_geometry() const noexcept;

 private:
  std::int64_t groups_;
  std::int64_t sets_w_;
  std::vector<PackedGemm> packed_;
  std::vector<PackedGemm> joined_;  // may be empty
};

/// Of a quantised filter: whether the taps of a row lie side by side in an input without gaps, and are a segment.
[[nodiscard]] bool phases_take_rows(const ConvTranspose2dParams& params) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
