// A depthwise convolution laid over an input of known size, alone or as a stage of a block: the figures that the
// planner needs, and the kernels that run it.
#pragma once

#include <cstdint>
#include <optional>

#include "kernels/kernel_table.hpp"
#include "src/base/ranges.hpp"
#include "src/plan/window.hpp"
#include "src/plan/woven_geometry.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Bounds the row pointers that a run keeps on its stack. Those of a higher kernel lie in the scratch.
inline constexpr std::int32_t kDepthwiseRowsOnStack = 128;

/// Which input channels an output channel uses: output m uses the `inputs` channels of group m / outputs. A depthwise
/// convolution has one input channel and `multiplier` outputs per group.
///
/// If a group has more than one input or output, the input is first spread out into a scratch, so that every output
/// channel has its own lane. The i-th channels of all groups make a plane. The kernel then runs a depthwise convolution
/// with KH * inputs rows (ky, i), and each row adds one input of the group.
struct ChannelGroups {
  std::int32_t inputs = 1;
  std::int32_t outputs = 1;
  [[nodiscard]] bool spread() const noexcept { return inputs > 1 || outputs > 1; }
  [[nodiscard]] std::int64_t out_channels(std::int64_t in_channels) const noexcept {
    return in_channels / inputs * outputs;
  }
};

/// Where a depthwise stage reads and writes.
struct DepthwiseUse {
  std::int64_t src_stride;    ///< elements from one pixel of its input to the next
  bool dense = false;         ///< src, dst and residual have no gaps between pixels
  bool residual = false;      ///< a residual is added
  std::int64_t l1_bytes = 0;  ///< decides whether to copy rows whose pixels fall into few sets of L1
};

/// The stage of a layer on one column (image and kernel are one pixel wide) runs as one on a row: consecutive output rows
/// are one call of a kernel, whose taps lie along the row.
class DepthwiseGeometry {
 public:
  /// resolve_window() has accepted in_h and in_w; params.channels is the number of input channels. A layer on a row is
  /// turned into a column, whose output rows workers can share; see is_row(). Throws std::bad_alloc if a quantised stage
  /// would need more memory than there can be.
  DepthwiseGeometry(const kernels::KernelTable& kernels, const DepthwiseParams& params, const ChannelGroups& groups,
                    std::int64_t in_h, std::int64_t in_w, const DepthwiseUse& use);

  /// A quantised stage, which has none of the other kernels below; null: it is not quantised.
  [[nodiscard]] const WovenGeometry* woven() const noexcept { return woven_ ? &*woven_ : nullptr; }
  /// Workers and groups may share channels at multiples of this: a cache line of floats, or a block of woven rows.
  [[nodiscard]] std::int64_t channel_unit() const noexcept { return woven_ ? woven_->block_channels() : kLineElements; }

  /// True if the input rows are first copied into a scratch: if channels are spread out, or if the input's pixel stride
  /// aliases in L1. A copy costs a load and a store for nine multiply-adds; the conflicts that it avoids cost far more.
  [[nodiscard]] bool copies() const noexcept { return copies_; }
  /// The kernel for a single output row.
  [[nodiscard]] const kernels::DepthwiseKernel& row_kernel() const noexcept { return *row_; }
  /// True for a layer on one column.
  [[nodiscard]] bool column() const noexcept { return column_; }
  /// The kernel for so many output rows of a column.
  [[nodiscard]] const kernels::DepthwiseKernel& column_kernel(std::int64_t out_rows) const noexcept;
  /// The kernel for two output rows without padded input rows; null: rows run one by one.
  [[nodiscard]] const kernels::DepthwiseKernel* pair_kernel() const noexcept { return pair_; }
  /// Whether no input row of output rows y and y + 1 is padding, as the kernel for two rows wants it.
  [[nodiscard]] bool two_rows_inside(std::int64_t y) const noexcept {
    const std::int64_t top = y * params_.stride_h - size_.pad_top;
    return top >= 0 && top + params_.kernel_h + params_.stride_h <= in_h_;
  }
  /// Most output rows per call, 1 or 2.
  [[nodiscard]] std::int64_t rows_together() const noexcept { return pair_ == nullptr ? 1 : 2; }
  /// The kernel of most calls.
  [[nodiscard]] const kernels::DepthwiseKernel& kernel() const noexcept { return pair_ == nullptr ? *row_ : *pair_; }
  /// The name of the kernel to report where the output rows are made in chunks and a chunk in strips: that of two rows
  /// where some strip has two of which no input row is padding.
  [[nodiscard]] const char* kernel_name(std::int64_t row_chunk, std::int64_t strip_rows) const noexcept;
  /// As PlanReport::walk names it.
  [[nodiscard]] const char* walk() const noexcept;

  /// Input rows in the scratch, if they are copied.
  [[nodiscard]] std::int64_t scratch_rows() const noexcept;
  /// Bytes of the scratch for blocks of at most this many channels. The row pointers of a high kernel come first.
  [[nodiscard]] std::int64_t scratch_bytes(std::int64_t channel_block) const noexcept;
  [[nodiscard]] std::int64_t pointer_bytes() const noexcept;

  /// Input rows [begin, end) that the output rows need, clipped to the image; may be empty.
  [[nodiscard]] Range input_rows(Range out_rows) const noexcept;
  /// Input rows that `rows` output rows use, at most the height of the image.
  [[nodiscard]] std::int64_t input_extent(std::int64_t rows) const noexcept;

  [[nodiscard]] std::int64_t in_h() const noexcept { return in_h_; }
  [[nodiscard]] std::int64_t in_w() const noexcept { return in_w_; }
  [[nodiscard]] std::int64_t out_h() const noexcept { return size_.out_h; }
  [[nodiscard]] std::int64_t out_w() const noexcept { return size_.out_w; }
  [[nodiscard]] std::int64_t pad_top() const noexcept { return size_.pad_top; }
  [[nodiscard]] std::int64_t pad_left() const noexcept { return size_.pad_left; }
  [[nodiscard]] std::int64_t in_channels() const noexcept { return params_.channels; }
  /// Output channels.
  [[nodiscard]] std::int64_t channels() const noexcept { return groups_.out_channels(params_.channels); }
  /// Rows of the kernel as it runs, KH * inputs.
  [[nodiscard]] std::int32_t kernel_rows() const noexcept { return params_.kernel_h * groups_.inputs; }
  [[nodiscard]] const ChannelGroups& groups() const noexcept { return groups_; }
  [[nodiscard]] const DepthwiseParams& params() const noexcept { return params_; }
  /// Bytes of an element of the tensors.
  [[nodiscard]] std::int64_t element_bytes() const noexcept { return element_bytes_; }

 private:
  [[nodiscard]] const kernels::DepthwiseKernel& kernel(std::int64_t row_chunk, std::int64_t strip_rows) const noexcept;

  DepthwiseParams params_;
  ChannelGroups groups_;
  std::int64_t in_h_, in_w_;
  WindowedSize size_;
  std::int64_t element_bytes_;
  bool copies_;
  bool column_ = false;
  const kernels::KernelTable* kernels_;
  kernels::DepthwiseLayer layer_ = {};  // of a column: of all its output rows in one call
  const kernels::DepthwiseKernel* row_ = nullptr;
  const kernels::DepthwiseKernel* pair_ = nullptr;
  std::optional<WovenGeometry> woven_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
