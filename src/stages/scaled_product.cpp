#include "src/stages/scaled_product.hpp"

#include <algorithm>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {

void ScaledMatrixTasks::operator()(std::int64_t task, const Worker& worker) const noexcept {
  const MatrixTasks::Part of_task = product.part_of(task);
  const kernels::KernelTable& kernels = product.weights.kernels();
  const kernels::Rows strip{workspace.own(strip_offset, worker.index()), strip_stride};
  const std::int64_t strips = ceil_div(of_task.operands.rows, strip_rows);
  for (std::int64_t i = 0; i < strips; ++i) {
    const Range rows = part(of_task.operands.rows, strips, i);
    MatrixOperands m = of_task.operands.from(rows.begin, rows.end - rows.begin);
    kernels.scale_channels({m.a, scale, strip, m.rows, product.weights.k()});
    m.a = {strip.data, strip.stride};
    multiply(product.weights, of_task.panels, m);
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
