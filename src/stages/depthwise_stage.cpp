#include "src/stages/depthwise_stage.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "src/base/pitch.hpp"
#include "src/stages/pointers.hpp"
#include "src/stages/woven_rows.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

const void* row_of(const SourceRows& rows, std::int64_t y) noexcept {
  return static_cast<const std::byte*>(rows.data) + (y % rows.ring_rows) * rows.row_stride;
}

}  // namespace

kernels::DepthwiseArgs DepthwiseStage::arguments(Range channels, const TargetRows& dst,
                                                 const ResidualRows& residual) const noexcept {
  const DepthwiseGeometry& g = geometry_;
  const DepthwiseParams& p = g.params();
  kernels::DepthwiseArgs args{};
  args.filter = weights_->filter(channels.begin);
  args.bias = weights_->bias(channels.begin);
  args.filter_stride = weights_->tap_stride();
  args.residual_stride = residual.pixel_stride;
  args.dst_stride = dst.pixel_stride;
  args.dst_row_stride = dst.row_stride;
  args.in_width = g.in_w();
  args.out_width = g.out_w();
  args.channels = channels.end - channels.begin;
  args.kernel_h = g.kernel_rows();
  args.kernel_w = p.kernel_w;
  args.stride_h = p.stride_h;
  args.stride_w = p.stride_w;
  args.dilation_w = p.dilation_w;
  args.pad_left = g.pad_left();
  args.epilogue = weights_->epilogue(channels.begin);
  return args;
}

SourceRows DepthwiseStage::scratch_rows(std::int64_t channels, const void* copies) const noexcept {
  const DepthwiseGeometry& g = geometry_;
  const std::ptrdiff_t pitch = padded_pitch(channels, g.element_bytes()) * g.element_bytes();
  return {copies, pitch, g.groups().inputs * g.in_w() * pitch, g.scratch_rows()};
}

void DepthwiseStage::run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                         const ResidualRows& residual, void* scratch) const noexcept {
  if (woven_ != nullptr) return run_woven(*geometry_.woven(), *woven_, rows, channels, src, dst, scratch);
  if (geometry_.column()) return run_column(rows, channels, src, dst, residual, scratch);
  run_rows(rows, channels, src, dst, residual, scratch);
}

void DepthwiseStage::run_rows(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                              const ResidualRows& residual, void* scratch) const noexcept {
  const DepthwiseGeometry& g = geometry_;
  const DepthwiseParams& p = g.params();
  const std::int64_t block = channels.end - channels.begin;
  const std::ptrdiff_t first = channels.begin * g.element_bytes();
  // The rows that the kernel reads, at the first channel of the block.
  SourceRows in = src;
  in.data = advance(src.data, (channels.begin - src.first_channel) * g.element_bytes());
  void* const copies = advance(scratch, g.pointer_bytes());
  if (g.copies()) in = scratch_rows(block, copies);
  std::int64_t copied = 0;  // input rows before this one are in the scratch or no longer needed

  const void* on_stack[kDepthwiseRowsOnStack + 2];  // + 2: pairs have at most stride 2
  const void** const row_pointers = g.pointer_bytes() == 0 ? on_stack : static_cast<const void**>(scratch);
  kernels::DepthwiseArgs args = arguments(channels, dst, residual);
  args.rows = row_pointers;
  args.src_stride = in.pixel_stride;
  const bool pairs = g.pair_kernel() != nullptr && block >= g.pair_kernel()->min_channels;
  const kernels::DepthwiseKernel& one_row = g.column() ? weights_->kernels().any_depthwise() : g.row_kernel();
  for (std::int64_t oy = rows.begin, count = 1; oy < rows.end; oy += count) {
    const std::int64_t top = oy * p.stride_h - g.pad_top();
    count = pairs && oy + 2 <= rows.end && g.two_rows_inside(oy) ? 2 : 1;
    if (g.copies()) {
      const Range needed = g.input_rows({oy, oy + count});
      for (std::int64_t iy = std::max(copied, needed.begin); iy < needed.end; ++iy) {
        copy_row(src, iy, channels, {advance(copies, (iy % in.ring_rows) * in.row_stride), in.pixel_stride});
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
    (count == 2 ? *g.pair_kernel() : one_row).function(args);
  }
}

// Rows of a column follow each other like the pixels of a row: in src until its ring wraps, and in the scratch. An output
// row whose input wraps is computed alone.
void DepthwiseStage::run_column(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                                const ResidualRows& residual, void* scratch) const noexcept {
  const DepthwiseGeometry& g = geometry_;
  const DepthwiseParams& p = g.params();
  const std::int64_t block = channels.end - channels.begin;
  const std::ptrdiff_t first = channels.begin * g.element_bytes();
  const std::int64_t extent = (p.kernel_h - std::int64_t{1}) * p.dilation_h + 1;
  SourceRows in = src;
  in.data = advance(src.data, (channels.begin - src.first_channel) * g.element_bytes());
  void* const copies = advance(scratch, g.pointer_bytes());
  if (g.copies()) in = scratch_rows(block, copies);
  const void* row = nullptr;
  kernels::DepthwiseArgs args = arguments(channels, dst, residual);
  args.rows = &row;
  args.src_stride = in.pixel_stride;
  args.kernel_w = std::exchange(args.kernel_h, 1);
  args.stride_w = std::exchange(args.stride_h, 1);
  args.dilation_w = p.dilation_h;
  for (std::int64_t oy = rows.begin, count = 0; oy < rows.end; oy += count) {
    const std::int64_t top = oy * p.stride_h - g.pad_top();
    const std::int64_t begin = std::max<std::int64_t>(top, 0);
    const std::int64_t slot = g.copies() ? 0 : begin % in.ring_rows;
    const std::int64_t end = std::min(begin + in.ring_rows - slot, g.in_h());  // of the input that follows
    count = rows.end - oy;
    if (end < g.in_h()) count = std::min(count, (end - top - extent + p.stride_h) / p.stride_h);
    if (count < 1 || begin >= end) {
      count = 1;
      run_rows({oy, oy + 1}, channels, src, dst, residual, scratch);
      continue;
    }
    if (g.copies()) {
      const std::int64_t needed = g.input_rows({oy, oy + count}).end;
      for (std::int64_t iy = begin; iy < needed; ++iy) {
        copy_row(src, iy, channels, {advance(copies, (iy - begin) * in.row_stride), in.pixel_stride});
      }
    }
    row = advance(in.data, slot * in.row_stride);
    args.in_width = end - begin;
    args.pad_left = begin - top;
    args.out_width = count;
    args.dst = advance(dst.data, (oy - dst.first_row) * dst.row_stride + first);
    args.residual = advance(residual.data, oy * residual.row_stride + first);
    g.column_kernel(count).function(args);
  }
}

void DepthwiseStage::prefetch_filter(Range channels) const noexcept {
  if (woven_ != nullptr) return;  // whose filter is read in the order of memory
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
