// Runs a depthwise convolution, alone or as a stage of a block: row pointers, copies of rows, calls of the kernels.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/plan/depthwise_geometry.hpp"
#include "src/stages/image_rows.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class DepthwiseStage {
 public:
  DepthwiseStage(const DepthwiseGeometry& geometry, const PackedDepthwise& weights) noexcept
      : geometry_(geometry), weights_(&weights) {}
  /// Of a quantised stage, which has no residual. The geometry is that of woven rows.
  DepthwiseStage(const DepthwiseGeometry& geometry, const PackedWoven& weights) noexcept
      : geometry_(geometry), woven_(&weights) {}

  /// Computes output rows [rows.begin, rows.end) of the output channels [channels.begin, channels.end), which begin at a
  /// multiple of geometry().channel_unit() and end at one or with the last channel.
  /// scratch: geometry().scratch_bytes(). If geometry().copies(), the input rows are first copied there, at a pitch that
  /// does not alias.
  void run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst, const ResidualRows& residual,
           void* scratch) const noexcept;
  /// Prefetches the filter of these channels. Its lines lie a tap apart, which no hardware prefetcher detects: cold,
  /// they would come one after the other.
  void prefetch_filter(Range channels) const noexcept;

  [[nodiscard]] const DepthwiseGeometry& geometry() const noexcept { return geometry_; }

 private:
  void run_rows(Range rows, Range channels, const SourceRows& src, const TargetRows& dst, const ResidualRows& residual,
                void* scratch) const noexcept;
  void run_column(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                  const ResidualRows& residual, void* scratch) const noexcept;
  [[nodiscard]] kernels::DepthwiseArgs arguments(Range channels, const TargetRows& dst,
                                                 const ResidualRows& residual) const noexcept;
  [[nodiscard]] SourceRows scratch_rows(std::int64_t channels, const void* copies) const noexcept;
  void copy_row(const SourceRows& src, std::int64_t row, Range channels, const kernels::Rows& to) const noexcept;

  DepthwiseGeometry geometry_;
  const PackedDepthwise* weights_ = nullptr;
  const PackedWoven* woven_ = nullptr;  // of a quantised stage
};

}  // namespace tandem::inline TANDEM_ABI::internal
