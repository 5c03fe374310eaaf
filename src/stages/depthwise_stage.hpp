// A depthwise convolution laid over an input of known size, alone or as a stage of a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/kernel_table.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/tiling.hpp"
#include "src/weights/pack.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

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

/// Output rows: row oy lies at data + (oy - first_row) * row_stride.
struct TargetRows {
  float* data;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t first_row;
};

/// What is added to the output: row oy lies at data + oy * row_stride. Null: nothing.
struct ResidualRows {
  const float* data = nullptr;
  std::ptrdiff_t pixel_stride = 0;
  std::ptrdiff_t row_stride = 0;
};

/// Which input channels an output channel sees: output m those of group m / outputs, `inputs` of them. A depthwise
/// convolution has one input channel a group and `multiplier` outputs.
///
/// Where a group is more than one channel in and one out, the input is spread out into a scratch first, so that every
/// output channel has its own lane, and the i-th channels of the groups make a plane: the kernel then meets a depthwise
/// convolution of KH * inputs rows, (ky, i), one multiply-add for each of the group's.
struct ChannelGroups {
  std::int32_t inputs = 1;
  std::int32_t outputs = 1;
  [[nodiscard]] bool spread() const noexcept { return inputs > 1 || outputs > 1; }
  [[nodiscard]] std::int64_t out_channels(std::int64_t in_channels) const noexcept {
    return in_channels / inputs * outputs;
  }
};

class DepthwiseStage {
 public:
  /// in_h and in_w were accepted by resolve_window(); params.channels are the input's. Of the params the window and the
  /// channels count, the rest is in the weights.
  DepthwiseStage(const kernels::KernelTable& kernels, const PackedDepthwise& weights, const DepthwiseParams& params,
                 const ChannelGroups& groups, std::int64_t in_h, std::int64_t in_w, const WindowedSize& size) noexcept
      : kernels_(&kernels),
        weights_(&weights),
        params_(params),
        groups_(groups),
        in_h_(in_h),
        in_w_(in_w),
        size_(size) {}

  /// Output rows [rows.begin, rows.end) of the output channels [channels.begin, channels.end). src, dst and residual are at
  /// channel 0. With a scratch of scratch_floats() the input rows are first copied there, channel block by channel
  /// block, at a pitch that does not alias.
  void run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst, const ResidualRows& residual,
           float* scratch) const noexcept;
  /// Fetches the filter of these channels into the caches. Its lines lie a tap apart, where no prefetcher of the CPU finds
  /// them: cold, they come one after the other.
  void fetch_filter(Range channels) const noexcept;
  /// Whether a source of this pixel stride wants a scratch: where its channels are to be spread out, and where it aliases
  /// in L1. A copy costs a load and a store for nine multiply-adds; the conflicts that it avoids, far more.
  [[nodiscard]] bool copies(std::int64_t pixel_stride) const noexcept {
    return groups_.spread() || pitch_aliases(pixel_stride);
  }
  /// Output rows of a call of the kernel, 1 or 2: two that share most of their input are filtered together.
  [[nodiscard]] std::int64_t rows_together() const noexcept;
  /// Pixels along the row of the kernel's register tile.
  [[nodiscard]] std::int64_t tile_outputs() const noexcept {
    return rows_together() == 2 ? pair_outputs() : kernels::kDepthwiseOutputs;
  }
  /// As PlanReport::loops names them.
  [[nodiscard]] const char* loops() const noexcept;
  /// Floats of that scratch for blocks of at most this many channels.
  [[nodiscard]] std::int64_t scratch_floats(std::int64_t channel_block) const noexcept;

  /// Input rows [begin, end) that the output rows need, clipped to the image; may be empty.
  [[nodiscard]] Range input_rows(Range out_rows) const noexcept;

  [[nodiscard]] std::int64_t in_h() const noexcept { return in_h_; }
  [[nodiscard]] std::int64_t in_w() const noexcept { return in_w_; }
  [[nodiscard]] std::int64_t out_h() const noexcept { return size_.out_h; }
  [[nodiscard]] std::int64_t out_w() const noexcept { return size_.out_w; }
  [[nodiscard]] std::int64_t in_channels() const noexcept { return params_.channels; }
  /// The output's.
  [[nodiscard]] std::int64_t channels() const noexcept { return groups_.out_channels(params_.channels); }
  /// Rows of the kernel as it runs.
  [[nodiscard]] std::int32_t kernel_rows() const noexcept { return params_.kernel_h * groups_.inputs; }
  [[nodiscard]] const ChannelGroups& groups() const noexcept { return groups_; }
  [[nodiscard]] const DepthwiseParams& params() const noexcept { return params_; }

 private:
  // 0 where the kernel has no tile for two rows of this stride.
  [[nodiscard]] std::int64_t pair_outputs() const noexcept {
    return params_.stride_w <= 2 ? kernels_->pair_outputs[params_.stride_w - 1] : 0;
  }
  [[nodiscard]] std::int64_t scratch_rows() const noexcept;
  void copy_row(const float* src, std::ptrdiff_t src_stride, Range channels, float* to,
                std::ptrdiff_t pitch) const noexcept;

  const kernels::KernelTable* kernels_;
  const PackedDepthwise* weights_;
  DepthwiseParams params_;
  ChannelGroups groups_;
  std::int64_t in_h_, in_w_;
  WindowedSize size_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
