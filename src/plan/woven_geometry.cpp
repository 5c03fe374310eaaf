#include "src/plan/woven_geometry.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/pitch.hpp"

namespace tandem::inline TANDEM_ABI::internal {

WovenGeometry::WovenGeometry(const kernels::KernelTable& kernels, const DepthwiseParams& p, const WindowedSize& size,
                             std::int64_t in_h, std::int64_t in_w, std::int64_t l1_bytes)
    : kernel_(&kernels.woven_kernel({in_w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left})),
      y_{in_h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top},
      x_{in_w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left},
      lanes_(kernels.lanes),
      in_channels_(p.channels),
      out_channels_(std::int64_t{p.channels} * p.multiplier),
      dst_bytes_(static_cast<std::ptrdiff_t>(element_bytes(p.dst_type.type))),
      channels_(std::max(out_channels_, kernels::WovenChannels::least(kernels.lanes)), kernels.lanes) {
  strip_ = choose_strip(l1_bytes);
  const kernels::WovenMemory of_kernel = memory(strip_);
  checked_bytes({of_kernel.rows, of_kernel.row, sizeof(float)});
  scratch_bytes_ = round_up(of_kernel.bytes(), kLineBytes);
  if (spreads()) {
    spread_offset_ = scratch_bytes_;
    const std::int64_t rows = std::min((rows_together() - 1) * y_.stride + of_kernel.rows, y_.in);
    scratch_bytes_ += round_up(checked_bytes({rows, spread_row()}), kLineBytes);
  }
  if (copies_out()) {
    outputs_offset_ = scratch_bytes_;
    scratch_bytes_ += checked_bytes({rows_together(), x_.out, output_pixel()});
  }
}

std::int64_t WovenGeometry::units() const noexcept {
  const bool shares = channels() % channels_.group != 0;
  return shares && channels_.blocks() > 1 ? channels_.blocks() - 1 : channels_.blocks();
}

Range WovenGeometry::blocks(Range channels) const noexcept {
  const std::int64_t block = block_channels();
  const bool last = channels.end >= std::min(units() * block, out_channels_);
  return {channels.begin / block, last ? channels_.blocks() : channels.end / block};
}

std::int64_t WovenGeometry::rows_together() const noexcept {
  constexpr std::int64_t kCopied = 8;
  return spreads() || copies_out() ? std::min(kCopied, y_.out) : y_.out;
}

kernels::WovenMemory WovenGeometry::memory(std::int64_t strip) const noexcept {
  return {kernel_->form, y_, x_.kernel, strip, lanes_};
}

// The woven rows of a strip fill at most half of L1. That is some hundred outputs; kMost is for the L1 of a made-up machine.
std::int64_t WovenGeometry::choose_strip(std::int64_t l1_bytes) const noexcept {
  constexpr std::int64_t kMost = 1 << 16;
  const std::int64_t tile = kernel_->form.tile;
  const std::int64_t outputs = (x_.out - 1) / x_.classes() + 1;
  const auto fits = [&](std::int64_t strips) {
    const kernels::WovenMemory m = memory(ceil_div(outputs, strips));
    return checked_product({m.rows, m.row, sizeof(float)}, l1_bytes / 2).has_value();
  };
  // The least number of strips that fit, or else of strips of a tile.
  std::int64_t strips = ceil_div(outputs, kMost);
  for (std::int64_t most = ceil_div(outputs, tile); strips < most;) {
    const std::int64_t middle = strips + (most - strips) / 2;
    if (fits(middle)) {
      most = middle;
    } else {
      strips = middle + 1;
    }
  }
  return strips == 1 ? outputs : round_up(ceil_div(outputs, strips), tile);
}

}  // namespace tandem::inline TANDEM_ABI::internal
