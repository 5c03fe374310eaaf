// A packed matrix as the planner sees it: its sizes, without its weights.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/panels.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct MatrixGeometry {
  std::int64_t k = 0;
  kernels::Panels panels;
  std::size_t packed_bytes = 0;  ///< of weights and bias

  [[nodiscard]] std::int64_t n() const noexcept { return panels.columns(); }
};

}  // namespace tandem::inline TANDEM_ABI::internal
