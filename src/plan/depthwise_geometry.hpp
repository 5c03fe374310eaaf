// A depthwise convolution laid over an input of known size, alone or as a stage of a block: what the planner must know of it,
// and the kernels that run it.
#pragma once

#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/base/ranges.hpp"
#include "src/plan/window.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Bounds the row pointers that a run keeps on its stack.
inline constexpr std::int32_t kMaxDepthwiseKernelRows = 128;

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

/// Where a depthwise stage reads and writes.
struct DepthwiseUse {
  std::int64_t src_stride;  ///< elements from pixel to pixel of its input
  bool dense = false;       ///< src, dst and residual have no gaps between pixels
  bool residual = false;    ///< one is added
};

class DepthwiseGeometry {
 public:
  /// in_h and in_w were accepted by resolve_window(); params.channels are the input's.
  DepthwiseGeometry(const kernels::KernelTable& kernels, const DepthwiseParams& params, const ChannelGroups& groups,
                    std::int64_t in_h, std::int64_t in_w, const DepthwiseUse& use) noexcept;

  /// Whether the input rows are copied into a scratch first: where channels are spread out, and where the input's pixel
  /// stride aliases in L1. A copy costs a load and a store for nine multiply-adds; the conflicts that it avoids, far more.
  [[nodiscard]] bool copies() const noexcept { return copies_; }
  /// The kernel of a single output row.
  [[nodiscard]] const kernels::DepthwiseKernel& row_kernel() const noexcept { return *row_; }
  /// The kernel of two output rows, none of whose input rows is padding; null: rows go one by one.
  [[nodiscard]] const kernels::DepthwiseKernel* pair_kernel() const noexcept { return pair_; }
  /// Most output rows of a call, 1 or 2.
  [[nodiscard]] std::int64_t rows_together() const noexcept { return pair_ == nullptr ? 1 : 2; }
  /// That of most calls.
  [[nodiscard]] const kernels::DepthwiseKernel& kernel() const noexcept { return pair_ == nullptr ? *row_ : *pair_; }
  /// The kernel to report where the output rows are made in chunks and a chunk in strips: that of two rows where some
  /// strip has two of which no input row is padding.
  [[nodiscard]] const kernels::DepthwiseKernel& kernel(std::int64_t row_chunk, std::int64_t strip_rows) const noexcept;
  /// As PlanReport::walk names it.
  [[nodiscard]] const char* walk() const noexcept;

  /// Input rows that the scratch holds, and its elements for blocks of at most this many channels.
  [[nodiscard]] std::int64_t scratch_rows() const noexcept;
  [[nodiscard]] std::int64_t scratch_elements(std::int64_t channel_block) const noexcept;

  /// Input rows [begin, end) that the output rows need, clipped to the image; may be empty.
  [[nodiscard]] Range input_rows(Range out_rows) const noexcept;
  /// Rows of the input that `rows` rows of the output see, the image's own at most.
  [[nodiscard]] std::int64_t input_extent(std::int64_t rows) const noexcept;

  [[nodiscard]] std::int64_t in_h() const noexcept { return in_h_; }
  [[nodiscard]] std::int64_t in_w() const noexcept { return in_w_; }
  [[nodiscard]] std::int64_t out_h() const noexcept { return size_.out_h; }
  [[nodiscard]] std::int64_t out_w() const noexcept { return size_.out_w; }
  [[nodiscard]] std::int64_t pad_top() const noexcept { return size_.pad_top; }
  [[nodiscard]] std::int64_t pad_left() const noexcept { return size_.pad_left; }
  [[nodiscard]] std::int64_t in_channels() const noexcept { return params_.channels; }
  /// The output's.
  [[nodiscard]] std::int64_t channels() const noexcept { return groups_.out_channels(params_.channels); }
  /// Rows of the kernel as it runs.
  [[nodiscard]] std::int32_t kernel_rows() const noexcept { return params_.kernel_h * groups_.inputs; }
  [[nodiscard]] const ChannelGroups& groups() const noexcept { return groups_; }
  [[nodiscard]] const DepthwiseParams& params() const noexcept { return params_; }
  /// Bytes of an element of the tensors.
  [[nodiscard]] std::int64_t element_bytes() const noexcept { return element_bytes_; }

 private:
  DepthwiseParams params_;
  ChannelGroups groups_;
  std::int64_t in_h_, in_w_;
  WindowedSize size_;
  std::int64_t element_bytes_;
  bool copies_;
  const kernels::DepthwiseKernel* row_ = nullptr;
  const kernels::DepthwiseKernel* pair_ = nullptr;
};

}  // namespace tandem::inline TANDEM_ABI::internal
