// A quantised depthwise convolution laid over an input of known size: the strips and the memory in which its kernel weaves rows
// (kernels/woven.hpp), and the rows that are made before and after it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "src/base/ranges.hpp"
#include "src/plan/window.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class WovenGeometry {
 public:
  /// resolve_window() has accepted in_h and in_w. Throws std::bad_alloc if the memory would be larger than any.
  WovenGeometry(const kernels::KernelTable& kernels, const DepthwiseParams& params, const WindowedSize& size,
                std::int64_t in_h, std::int64_t in_w, std::int64_t l1_bytes);

  [[nodiscard]] const kernels::WovenKernel& kernel() const noexcept { return *kernel_; }
  [[nodiscard]] const kernels::WovenAxis& y() const noexcept { return y_; }
  [[nodiscard]] const kernels::WovenAxis& x() const noexcept { return x_; }
  /// V.
  [[nodiscard]] std::int32_t lanes() const noexcept { return lanes_; }
  /// Outputs of a row at a time.
  [[nodiscard]] std::int64_t strip() const noexcept { return strip_; }

  /// Channels of the packed filter, at least a group.
  [[nodiscard]] std::int64_t channels() const noexcept { return channels_.channels; }
  /// Channels of a block.
  [[nodiscard]] std::int64_t block_channels() const noexcept { return channels_.lanes * channels_.group; }
  /// Blocks with which tasks may begin. Groups that share channels with the last one are in its task.
  [[nodiscard]] std::int64_t units() const noexcept;
  /// The blocks of these channels, which begin with a unit and end where another begins or with the last channel.
  [[nodiscard]] Range blocks(Range channels) const noexcept;

  /// True if input rows with the channels of the filter are made first: for few channels, or several filters for each.
  [[nodiscard]] bool spreads() const noexcept { return channels() != in_channels_; }
  /// True if the outputs of an incomplete group are copied.
  [[nodiscard]] bool copies_out() const noexcept { return channels() != out_channels_; }
  /// Output rows at a time: all, or few enough for the copies to stay near.
  [[nodiscard]] std::int64_t rows_together() const noexcept;

  /// The scratch: the memory of the kernel; then, if there are such, the made input rows and the outputs to be copied.
  [[nodiscard]] std::int64_t scratch_bytes() const noexcept { return scratch_bytes_; }
  [[nodiscard]] std::ptrdiff_t spread_offset() const noexcept { return spread_offset_; }
  [[nodiscard]] std::ptrdiff_t outputs_offset() const noexcept { return outputs_offset_; }
  /// Bytes of a made input row, and of a pixel of the outputs.
  [[nodiscard]] std::ptrdiff_t spread_row() const noexcept { return x_.in * channels(); }
  [[nodiscard]] std::ptrdiff_t output_pixel() const noexcept { return channels() * dst_bytes_; }
  [[nodiscard]] std::int64_t in_channels() const noexcept { return in_channels_; }
  [[nodiscard]] std::int64_t out_channels() const noexcept { return out_channels_; }
  [[nodiscard]] std::ptrdiff_t dst_bytes() const noexcept { return dst_bytes_; }

 private:
  [[nodiscard]] kernels::WovenMemory memory(std::int64_t strip) const noexcept;
  [[nodiscard]] std::int64_t choose_strip(std::int64_t l1_bytes) const noexcept;

  const kernels::WovenKernel* kernel_;
  kernels::WovenAxis y_;
  kernels::WovenAxis x_;
  std::int32_t lanes_;
  std::int64_t in_channels_;
  std::int64_t out_channels_;
  std::ptrdiff_t dst_bytes_;
  kernels::WovenChannels channels_;
  std::int64_t strip_;
  std::ptrdiff_t spread_offset_ = 0;
  std::ptrdiff_t outputs_offset_ = 0;
  std::int64_t scratch_bytes_ = 0;
};

}  // namespace tandem::inline TANDEM_ABI::internal
