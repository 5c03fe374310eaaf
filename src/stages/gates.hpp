// The gates of a squeeze-and-excite, alone or in a block: means, and two small products, as stages of a fork.
#pragma once

#include <optional>

#include "src/plan/squeeze_excite.hpp"
#include "src/run/tasks.hpp"
#include "src/run/workspace.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/byte_table.hpp"
#include "src/weights/pack.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

inline MatrixGeometry geometry_of(const PackedGemm& weights) noexcept {
  return {weights.k(), weights.panels(), weights.bytes(), weights.inputs()};
}

/// What only quantised tensors need: the ends of the means and of the gating, and the activations that are no clamps.
struct QuantisedGates {
  kernels::Epilogue mean;
  kernels::Epilogue gating;
  std::optional<ByteTable> activation;
  std::optional<ByteTable> gate;
};

/// How the steps of the gates end.
struct GateEnds {
  StageEnd reduce;
  StageEnd expand;
  QuantisedGates quantised = {};
};

class PackedSqueezeExcite {
 public:
  /// Throws std::bad_alloc. The arguments were checked.
  PackedSqueezeExcite(const kernels::KernelTable& kernels, const SqueezeExciteParams& params,
                      const SqueezeExciteWeights& weights, const GateEnds& ends)
      : quantised_(ends.quantised),
        reduce_(pack_matrix(kernels, weights.reduce, params.reduced_channels, params.channels, ends.reduce)),
        expand_(pack_matrix(kernels, weights.expand, params.channels, params.reduced_channels, ends.expand)) {}

  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return reduce_.kernels(); }
  [[nodiscard]] const PackedGemm& reduce() const noexcept { return reduce_; }
  [[nodiscard]] const PackedGemm& expand() const noexcept { return expand_; }
  [[nodiscard]] const QuantisedGates& quantised() const noexcept { return quantised_; }
  [[nodiscard]] std::int64_t channels() const noexcept { return reduce_.inputs(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return reduce_.bytes() + expand_.bytes(); }
  [[nodiscard]] SqueezeExciteGeometry geometry() const noexcept { return {geometry_of(reduce_), geometry_of(expand_)}; }

 private:
  QuantisedGates quantised_;
  PackedGemm reduce_;
  PackedGemm expand_;
};

/// A row per image.
struct GateRows {
  kernels::Rows of_channels;  ///< the means, then the gates
  kernels::Rows hidden;       ///< the reduced means
};

/// Where they lie in the workspace; the workers share them.
class GateBuffers {
 public:
  GateBuffers(const PackedSqueezeExcite& weights, std::int64_t images, WorkspaceLayout& pieces) noexcept;
  [[nodiscard]] GateRows rows(const Workspace& memory) const noexcept {
    return {{memory.shared(of_channels_), channel_bytes_}, {memory.shared(hidden_), hidden_bytes_}};
  }

 private:
  std::ptrdiff_t channel_bytes_;
  std::ptrdiff_t hidden_bytes_;
  std::size_t of_channels_;
  std::size_t hidden_;
};

/// The mean of each channel over the pixels of its image.
struct MeanTasks {
  const kernels::KernelTable& kernels;
  kernels::ConstRows src;  ///< [images * pixels, channels]
  std::int64_t images;
  std::int64_t pixels;
  std::int64_t channels;
  std::int64_t blocks;  ///< of channels per image, one task each
  kernels::Rows means;  ///< [images, channels]
  kernels::Epilogue end;

  [[nodiscard]] std::int64_t tasks() const noexcept { return images * blocks; }
  void operator()(std::int64_t task, const Worker&) const noexcept {
    of_channels(task / blocks, line_part(channels, blocks, task % blocks));
  }
  void of_channels(std::int64_t image, Range some) const noexcept;
};

/// The means of these tensors: rows.of_channels.
inline MeanTasks means(const PackedSqueezeExcite& weights, const Step<std::int64_t>& step,
                       const kernels::ConstRows& src, std::int64_t images, std::int64_t pixels,
                       const GateRows& rows) noexcept {
  return {weights.kernels(),  src,           images,           pixels,
          weights.channels(), step.blocking, rows.of_channels, weights.quantised().mean};
}

/// From the means to the gates, in place: both products.
void run_products(const PackedSqueezeExcite& weights, const GateSteps& steps, std::int64_t images, const GateRows& rows,
                  Worker& worker) noexcept;

/// Scales some pixels of an image by its gates.
void apply_gates(const PackedSqueezeExcite& weights, const kernels::ConstRows& src, const void* gates,
                 const kernels::Rows& dst, std::int64_t pixels) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
