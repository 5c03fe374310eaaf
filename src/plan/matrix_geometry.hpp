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
  std::int64_t inputs = 0;       ///< elements of a row of A: k, or of a quantised matrix, whose k are quads, more

  [[nodiscard]] std::int64_t n() const noexcept { return panels.columns(); }
};

}  // namespace tandem::inline TANDEM_ABI::internal
