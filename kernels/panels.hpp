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
};

/// n columns in panels of two vectors. An odd number of vectors ends in a panel of three, because a panel of one needs
/// twice the loads for each multiply-add. Every column is in one panel, in order.
class Panels {
 public:
  static constexpr std::int32_t kVectors = 2;  // of every panel but the last

  constexpr Panels() noexcept = default;
  /// lanes: columns of a vector. n and lanes are at least 1.
  constexpr Panels(std::int64_t n, std::int64_t lanes) noexcept
      : n_(n), lanes_(lanes), vectors_((n + lanes - 1) / lanes) {}

  [[nodiscard]] constexpr std::int64_t columns() const noexcept { return n_; }
  [[nodiscard]] constexpr std::int64_t lanes() const noexcept { return lanes_; }
  [[nodiscard]] constexpr std::int64_t count() const noexcept { return vectors_ < kVectors ? 1 : vectors_ / kVectors; }
  [[nodiscard]] constexpr PanelShape shape(std::int64_t panel) const noexcept {
    const std::int64_t first = panel * kVectors;
    const std::int64_t vectors = panel + 1 < count() ? kVectors : vectors_ - first;
    const std::int64_t left = n_ - first * lanes_;
    return {first * lanes_, static_cast<std::int32_t>(vectors),
            static_cast<std::int32_t>(left < vectors * lanes_ ? left : vectors * lanes_)};
  }
  /// The first column of a panel; past the last panel the number of columns.
  [[nodiscard]] constexpr std::int64_t first_column(std::int64_t panel) const noexcept {
    return panel < count() ? panel * kVectors * lanes_ : n_;
  }

 private:
  std::int64_t n_ = 1;
  std::int64_t lanes_ = 1;
  std::int64_t vectors_ = 1;
};

}  // namespace tandem::inline TANDEM_ABI::kernels
