// How a packed matrix is cut into panels: plain arithmetic, shared by packing and planning.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

/// Columns [first_column, first_column + columns) of a packed matrix, `vectors` vectors wide.
struct PanelShape {
  std::int64_t first_column;
  std::int32_t vectors;
  std::int32_t columns;
  std::int32_t fold;  ///< of the last vector, see GemmPanel
};

/// What a kernel table can fold: see GemmPanel.
enum class Folds : std::int32_t {
  kNothing,
  kLoneVector,  ///< matrices that fill a vector at most by half
  kLastVector,  ///< the last vector of any matrix that fills it at most by half
};

/// The fold of the last vector of a matrix of k rows and n columns. It depends on the layer alone, because it decides
/// the order of the sums, and so their bits.
constexpr std::int32_t fold_of(Folds folds, std::int64_t k, std::int64_t n, std::int64_t lanes) noexcept {
  const std::int64_t last = (n - 1) % lanes + 1;  // columns
  if (folds == Folds::kNothing || (folds == Folds::kLoneVector && n > lanes)) return 1;
  // Unfolding takes about as long as two steps. In panels of several vectors the others set the pace.
  const std::int64_t most = n > lanes ? 2 : 16;
  std::int64_t fold = 1;
  while (fold < most && 2 * fold * last <= lanes && k >= 8 * fold) fold *= 2;
  return static_cast<std::int32_t>(fold);
}

/// n columns in panels of `width` vectors, and narrower or wider ones for the rest, because a panel of one vector needs
/// twice the loads for each multiply-add:
///   width 2: an odd number of vectors ends in a panel of three
///   width 3: four vectors that are left make two panels of two, two make one
/// Every column is in one panel, in order.
class Panels {
 public:
  constexpr Panels() noexcept = default;
  /// lanes: columns of a vector. n and lanes are at least 1; width is 2 or 3; fold: of the last vector.
  constexpr Panels(std::int64_t n, std::int64_t lanes, std::int32_t width, std::int32_t fold = 1) noexcept
      : n_(n), lanes_(lanes), width_(width), fold_(fold) {
    const std::int64_t vectors = (n + lanes - 1) / lanes;
    const bool one_left = vectors % width == 1;
    whole_ = vectors / width - (one_left && vectors > 1 ? 1 : 0);
    const std::int64_t left = vectors - whole_ * width;
    rest_ = left == 4 ? 2 : (left + 2) / 3;
    rest_vectors_ = static_cast<std::int32_t>(left == 4 ? 2 : left);
  }

  [[nodiscard]] constexpr std::int64_t columns() const noexcept { return n_; }
  [[nodiscard]] constexpr std::int64_t count() const noexcept { return whole_ + rest_; }
  /// The first panels that have `width` vectors; those behind them have equally many vectors, too.
  [[nodiscard]] constexpr std::int64_t whole() const noexcept { return whole_; }
  /// The vectors of the panels before this one.
  [[nodiscard]] constexpr std::int64_t first_vector(std::int64_t panel) const noexcept {
    return panel <= whole_ ? panel * width_ : whole_ * width_ + (panel - whole_) * rest_vectors_;
  }
  [[nodiscard]] constexpr PanelShape shape(std::int64_t panel) const noexcept {
    const std::int64_t first = first_vector(panel) * lanes_;
    const std::int32_t vectors = panel < whole_ ? width_ : rest_vectors_;
    const std::int64_t left = n_ - first;
    return {first, vectors, static_cast<std::int32_t>(left < vectors * lanes_ ? left : vectors * lanes_),
            panel + 1 == count() ? fold_ : 1};
  }
  /// The first column of a panel; past the last panel the number of columns.
  [[nodiscard]] constexpr std::int64_t first_column(std::int64_t panel) const noexcept {
    return panel < count() ? first_vector(panel) * lanes_ : n_;
  }

 private:
  std::int64_t n_ = 1;
  std::int64_t lanes_ = 1;
  std::int32_t width_ = 2;
  std::int32_t rest_vectors_ = 1;
  std::int32_t fold_ = 1;
  std::int64_t whole_ = 0;
  std::int64_t rest_ = 1;
};

}  // namespace tandem::inline TANDEM_ABI::kernels
