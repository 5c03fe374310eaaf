// A depthwise convolution laid over an input of known size, alone or as a stage of a block.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/pack.hpp"
#include "src/tiling.hpp"
#include "src/validate.hpp"
#include "tandem/params.hpp"

namespace tandem::internal {

/// Bounds the row pointers that a run keeps on its stack.
inline constexpr std::int32_t kMaxDepthwiseKernelRows = 128;

/// Input rows as a ring: row iy of the image lies at data + (iy % ring_rows) * row_stride. A whole image is a ring of
/// in_h rows.
struct SourceRows {
  const float* data;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t ring_rows;
};

/// Output rows: row oy lies at data + (oy - first_row) * row_stride. residual is laid out like data, or null.
struct TargetRows {
  float* data;
  const float* residual;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t first_row;
};

class DepthwiseStage {
 public:
  /// in_h and in_w were accepted by resolve_window().
  DepthwiseStage(const kernels::KernelTable& kernels, const PackedDepthwise& weights, const DepthwiseParams& params,
                 std::int64_t in_h, std::int64_t in_w, const WindowedSize& size) noexcept
      : kernels_(&kernels), weights_(&weights), params_(params), in_h_(in_h), in_w_(in_w), size_(size) {}

  /// Output rows [rows.begin, rows.end) of the channels [channels.begin, channels.end). src, dst and residual are at
  /// channel 0. With a scratch of scratch_floats() the input rows are first copied there, channel block by channel
  /// block, at a pitch that does not alias: for a source whose pixel stride pitch_aliases(). A copy costs a load and a
  /// store for nine multiply-adds; the conflicts that it avoids, far more.
  void run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst, float* scratch) const noexcept;
  /// Floats of that scratch for blocks of at most this many channels.
  [[nodiscard]] std::int64_t scratch_floats(std::int64_t channel_block) const noexcept;

  /// Input rows [begin, end) that the output rows need, clipped to the image; may be empty.
  [[nodiscard]] Range input_rows(Range out_rows) const noexcept;

  [[nodiscard]] std::int64_t in_h() const noexcept { return in_h_; }
  [[nodiscard]] std::int64_t in_w() const noexcept { return in_w_; }
  [[nodiscard]] std::int64_t out_h() const noexcept { return size_.out_h; }
  [[nodiscard]] std::int64_t out_w() const noexcept { return size_.out_w; }
  [[nodiscard]] std::int64_t channels() const noexcept { return params_.channels; }
  [[nodiscard]] const DepthwiseParams& params() const noexcept { return params_; }

 private:
  [[nodiscard]] std::int64_t scratch_rows() const noexcept;

  const kernels::KernelTable* kernels_;
  const PackedDepthwise* weights_;
  DepthwiseParams params_;
  std::int64_t in_h_, in_w_;
  WindowedSize size_;
};

}  // namespace tandem::internal
