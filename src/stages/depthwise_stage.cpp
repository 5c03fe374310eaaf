#include "src/stages/depthwise_stage.hpp"

#include <algorithm>
#include <cstring>

#include "src/base/pitch.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

const void* row_of(const SourceRows& rows, std::int64_t y) noexcept {
  return static_cast<const std::byte*>(rows.data) + (y % rows.ring_rows) * rows.row_stride;
}

}  // namespace

void DepthwiseStage::run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                         const ResidualRows& residual, void* scratch) const noexcept {
  const DepthwiseGeometry& g = geometry_;
  const DepthwiseParams& p = g.params();
  const std::int64_t block = channels.end - channels.begin;
  const std::ptrdiff_t first = channels.begin * g.element_bytes();
  // The rows that the kernel reads, at the first channel of the block.
  SourceRows in = src;
  in.data = advance(src.data, (channels.begin - src.first_channel) * g.element_bytes());
  if (scratch != nullptr) {
    const std::ptrdiff_t pitch = padded_pitch(block, g.element_bytes()) * g.element_bytes();
    in = {scratch, pitch, g.groups().inputs * g.in_w() * pitch, g.scratch_rows()};
  }
  std::int64_t copied = 0;  // input rows before this one are in the scratch or no longer needed

  const void* row_pointers[kMaxDepthwiseKernelRows + 2];  // + 2: pairs have at most stride 2
  kernels::DepthwiseArgs args{};
  args.rows = row_pointers;
  args.filter = weights_->filter(channels.begin);
  args.bias = weights_->bias(channels.begin);
  args.src_stride = in.pixel_stride;
  args.filter_stride = weights_->tap_stride();
  args.residual_stride = residual.pixel_stride;
  args.dst_stride = dst.pixel_stride;
  args.dst_row_stride = dst.row_stride;
  args.in_width = g.in_w();
  args.out_width = g.out_w();
  args.channels = block;
  args.kernel_h = g.kernel_rows();
  args.kernel_w = p.kernel_w;
  args.stride_h = p.stride_h;
  args.stride_w = p.stride_w;
  args.dilation_w = p.dilation_w;
  args.pad_left = g.pad_left();
  args.epilogue = weights_->epilogue(channels.begin);
  const bool pairs = g.pair_kernel() != nullptr && block >= g.pair_kernel()->min_channels;
  for (std::int64_t oy = rows.begin, count = 1; oy < rows.end; oy += count) {
    const std::int64_t top = oy * p.stride_h - g.pad_top();
    count = pairs && oy + 2 <= rows.end && g.two_rows_inside(oy) ? 2 : 1;
    if (scratch != nullptr) {
      const Range needed = g.input_rows({oy, oy + count});
      for (std::int64_t iy = std::max(copied, needed.begin); iy < needed.end; ++iy) {
        copy_row(src, iy, channels, {advance(scratch, (iy % in.ring_rows) * in.row_stride), in.pixel_stride});
      }
      copied = std::max(copied, needed.end);
    }
    for (std::int64_t ky = 0; ky < p.kernel_h + (count - 1) * p.stride_h; ++ky) {
      const std::int64_t iy = top + ky * p.dilation_h;
      const void* row = iy < 0 || iy >= g.in_h() ? nullptr : row_of(in, iy);
      for (std::int32_t i = 0; i < g.groups().inputs; ++i) {
        row_pointers[ky * g.groups().inputs + i] = advance(row, i * g.in_w() * in.pixel_stride);
      }
    }
    args.dst = advance(dst.data, (oy - dst.first_row) * dst.row_stride + first);
    args.residual = advance(residual.data, oy * residual.row_stride + first);
    (count == 2 ? *g.pair_kernel() : g.row_kernel()).function(args);
  }
}

void DepthwiseStage::prefetch_filter(Range channels) const noexcept {
  const auto bytes = (channels.end - channels.begin) * weights_->kernels().weight_bytes();
  const std::byte* tap = weights_->filter(channels.begin);
  for (std::int64_t i = weights_->taps(); i > 0; --i, tap += weights_->tap_stride()) {
    for (std::int64_t at = 0; at < bytes; at += kLineBytes) __builtin_prefetch(tap + at);
  }
}

// Copies the channels of one input row that the output channels use: a plane for each input of a group.
void DepthwiseStage::copy_row(const SourceRows& src, std::int64_t row, Range channels,
                              const kernels::Rows& to) const noexcept {
  const DepthwiseGeometry& g = geometry_;
  const std::int64_t block = channels.end - channels.begin;
  const auto* from = static_cast<const std::byte*>(row_of(src, row));
  auto* target = static_cast<std::byte*>(to.data);
  if (g.groups().spread()) {
    for (std::int32_t i = 0; i < g.groups().inputs; ++i) {
      weights_->kernels().spread({{from, src.pixel_stride},
                                  {target + i * g.in_w() * to.stride, to.stride},
                                  g.in_w(),
                                  channels.begin,
                                  block,
                                  g.groups().inputs,
                                  g.groups().outputs,
                                  i});
    }
    return;
  }
  from += (channels.begin - src.first_channel) * g.element_bytes();
  for (std::int64_t x = 0; x < g.in_w(); ++x, from += src.pixel_stride, target += to.stride) {
    std::memcpy(target, from, static_cast<std::size_t>(block * g.element_bytes()));
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
