// A matrix product whose rows are scaled channel by channel on their way, as a body for Worker::share().
#pragma once

#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// product.operands.a: the rows before scaling. A worker scales some of them into its strip, multiplies these by all
/// panels of its task, and goes on, so that the scaled rows stay near.
struct ScaledMatrixTasks {
  MatrixTasks product;
  const void* scale;  ///< [k]
  std::int64_t strip_rows;
  std::ptrdiff_t strip_stride;
  std::size_t strip_offset;  ///< of each worker's own strip in the workspace
  Workspace workspace;

  [[nodiscard]] std::int64_t tasks() const noexcept { return product.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept;
};

}  // namespace tandem::inline TANDEM_ABI::internal
