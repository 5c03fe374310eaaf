// Bodies for Worker::share() that several operators use, as their only stage or as a stage of a block.
#pragma once

#include "src/plan/tiling.hpp"
#include "src/run/tasks.hpp"
#include "src/run/workspace.hpp"
#include "src/stages/depthwise_stage.hpp"
#include "src/stages/matrix_product.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A matrix product, all columns.
struct MatrixTasks {
  const PackedGemm& weights;
  const GemmBlocking& blocking;
  MatrixOperands operands;

  /// The rows and panels of one task.
  struct Part {
    Range panels;
    MatrixOperands operands;
  };

  [[nodiscard]] std::int64_t tasks() const noexcept { return blocking.tasks(); }
  [[nodiscard]] Part part_of(std::int64_t task) const noexcept;
  void operator()(std::int64_t task, const Worker& worker) const noexcept;
};

/// A tensor of a batch of consecutive images, `stride` bytes from pixel to pixel.
struct ConstPixels {
  const void* data = nullptr;
  std::ptrdiff_t stride = 0;
};
struct Pixels {
  void* data = nullptr;
  std::ptrdiff_t stride = 0;
};

/// A depthwise stage of a batch. residual may be null.
struct DepthwiseTasks {
  const DepthwiseStage& stage;
  const DepthwiseBlocking& blocking;
  std::int64_t images;
  ConstPixels src;
  ConstPixels residual;
  Pixels dst;
  Workspace workspace;  // its first own piece is the scratch

  [[nodiscard]] std::int64_t tasks() const noexcept { return images * blocking.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept;
};

}  // namespace tandem::inline TANDEM_ABI::internal
