// Runs a depthwise convolution, alone or as a stage of a block: row pointers, copies of rows, calls of the kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/plan/depthwise_geometry.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Rows of an image: row y lies at data + (y % ring_rows) * row_stride, at channel first_channel. Strides are in bytes.
/// For a whole image ring_rows is its height.
struct SourceRows {
  const void* data;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t ring_rows;
  std::int64_t first_channel = 0;
};

/// Output rows: row y lies at data + (y - first_row) * row_stride, at channel 0.
struct TargetRows {
  void* data;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t first_row;
};

/// The residual: row y lies at data + y * row_stride. Null: none.
struct ResidualRows {
  const void* data = nullptr;
  std::ptrdiff_t pixel_stride = 0;
  std::ptrdiff_t row_stride = 0;
};

class DepthwiseStage {
 public:
  DepthwiseStage(const DepthwiseGeometry& geometry, const PackedDepthwise& weights) noexcept
      : geometry_(geometry), weights_(&weights) {}

  /// Computes output rows [rows.begin, rows.end) of the output channels [channels.begin, channels.end).
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
  const PackedDepthwise* weights_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
