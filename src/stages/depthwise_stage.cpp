#include "src/stages/depthwise_stage.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {

void DepthwiseStage::run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                         const ResidualRows& residual, float* scratch) const noexcept {
  const std::int64_t block = channels.end - channels.begin;
  // The rows as the kernel sees them, at the first channel of the block.
  SourceRows in{src.data + channels.begin, src.pixel_stride, src.row_stride, src.ring_rows};
  if (scratch != nullptr) {
    const std::int64_t pitch = padded_pitch(block);
    in = {scratch, pitch, groups_.inputs * in_w_ * pitch, scratch_rows()};
  }
  std::int64_t copied = 0;  // input rows before this one are in the scratch, or not needed any more

  const float* row_pointers[kMaxDepthwiseKernelRows + 2];  // two output rows have at most stride 2
  kernels::DepthwiseArgs args{};
  args.rows = row_pointers;
  args.filter = weights_->filter() + channels.begin;
  args.bias = weights_->bias() + channels.begin;
  args.src_stride = in.pixel_stride;
  args.filter_stride = weights_->pitch();
  args.residual_stride = residual.pixel_stride;
  args.residual_row_stride = residual.row_stride;
  args.dst_stride = dst.pixel_stride;
  args.dst_row_stride = dst.row_stride;
  args.in_width = in_w_;
  args.out_width = size_.out_w;
  args.channels = block;
  args.kernel_h = kernel_rows();
  args.kernel_w = params_.kernel_w;
  args.stride_h = params_.stride_h;
  args.stride_w = params_.stride_w;
  args.dilation_w = params_.dilation_w;
  args.pad_left = size_.pad_left;
  args.epilogue = weights_->epilogue(channels.begin);
  const std::int64_t together = residual.data == nullptr ? rows_together() : 1;
  for (std::int64_t oy = rows.begin; oy < rows.end; oy += args.out_rows) {
    const std::int64_t top = oy * params_.stride_h - size_.pad_top;
    const bool inside =
        top >= 0 && top + params_.kernel_h + params_.stride_h <= in_h_;  // this row's window and the next
    args.out_rows = inside && oy + together <= rows.end ? together : 1;
    if (scratch != nullptr) {
      const Range needed = input_rows({oy, oy + args.out_rows});
      for (std::int64_t iy = std::max(copied, needed.begin); iy < needed.end; ++iy) {
        copy_row(src.data + (iy % src.ring_rows) * src.row_stride, src.pixel_stride, channels,
                 scratch + (iy % in.ring_rows) * in.row_stride, in.pixel_stride);
      }
      copied = std::max(copied, needed.end);
    }
    for (std::int64_t ky = 0; ky < params_.kernel_h + (args.out_rows - 1) * params_.stride_h; ++ky) {
      const std::int64_t iy = top + ky * params_.dilation_h;
      const float* row = iy < 0 || iy >= in_h_ ? nullptr : in.data + (iy % in.ring_rows) * in.row_stride;
      for (std::int32_t i = 0; i < groups_.inputs; ++i) {
        row_pointers[ky * groups_.inputs + i] = row == nullptr ? nullptr : row + i * in_w_ * in.pixel_stride;
      }
    }
    args.dst = dst.data + (oy - dst.first_row) * dst.row_stride + channels.begin;
    args.residual = residual.data == nullptr ? nullptr : residual.data + oy * residual.row_stride + channels.begin;
    kernels_->depthwise(args);
  }
}

void DepthwiseStage::fetch_filter(Range channels) const noexcept {
  const float* tap = weights_->filter();
  for (std::int64_t i = std::int64_t{kernel_rows()} * params_.kernel_w; i > 0; --i, tap += weights_->pitch()) {
    for (std::int64_t c = channels.begin; c < channels.end; c += kLineFloats) __builtin_prefetch(tap + c);
  }
}

const char* DepthwiseStage::loops() const noexcept {
  const std::int32_t common = std::gcd(params_.dilation_w, params_.stride_w);
  const std::int64_t apart = params_.dilation_w / common;  // outputs from one to the next of a tile
  bool unrolled = false;
#define TANDEM_HAS_TILE(width, stride) \
  unrolled = unrolled || (params_.kernel_w == (width) && params_.stride_w / common == (stride));
  TANDEM_FOR_EACH_DEPTHWISE_TILE(TANDEM_HAS_TILE)
#undef TANDEM_HAS_TILE
  unrolled = unrolled && channels() >= kernels_->vector_floats && out_w() >= apart * kernels::kDepthwiseOutputs;
  if (groups_.spread()) return unrolled ? "spread unrolled" : "spread looped";
  return unrolled ? "unrolled" : "looped";
}

// The channels of one input row that the output channels see: a plane for each input of a group.
void DepthwiseStage::copy_row(const float* src, std::ptrdiff_t src_stride, Range channels, float* to,
                              std::ptrdiff_t pitch) const noexcept {
  const std::int64_t block = channels.end - channels.begin;
  if (groups_.spread()) {
    for (std::int32_t i = 0; i < groups_.inputs; ++i) {
      kernels_->spread({src, src_stride, to + i * in_w_ * pitch, pitch, in_w_, channels.begin, block, groups_.inputs,
                        groups_.outputs, i});
    }
    return;
  }
  const float* from = src + channels.begin;
  for (std::int64_t x = 0; x < in_w_; ++x, from += src_stride, to += pitch) {
    std::memcpy(to, from, static_cast<std::size_t>(block) * sizeof(float));
  }
}

std::int64_t DepthwiseStage::rows_together() const noexcept {
  const DepthwiseParams& p = params_;
  if (pair_outputs() == 0 || p.kernel_h != 3 || p.kernel_w != 3 || p.stride_h != p.stride_w || p.dilation_h != 1 ||
      p.dilation_w != 1 || groups_.inputs != 1 || weights_->epilogue(0).function != kernels::Function::kClamp) {
    return 1;
  }
  // The last tile of a row does again what it shares with the one before; with more than a seventh, pairs lose.
  const std::int64_t again = round_up(size_.out_w, pair_outputs()) - size_.out_w;
  return again * 7 <= size_.out_w ? 2 : 1;
}

std::int64_t DepthwiseStage::scratch_rows() const noexcept {
  const std::int64_t extent = static_cast<std::int64_t>(params_.kernel_h - 1) * params_.dilation_h + 1;
  return std::min(extent + (rows_together() - 1) * params_.stride_h, in_h_);
}

std::int64_t DepthwiseStage::scratch_floats(std::int64_t channel_block) const noexcept {
  return scratch_rows() * groups_.inputs * in_w_ * padded_pitch(channel_block);
}

Range DepthwiseStage::input_rows(Range out_rows) const noexcept {
  const std::int64_t extent = static_cast<std::int64_t>(params_.kernel_h - 1) * params_.dilation_h + 1;
  const std::int64_t begin = out_rows.begin * params_.stride_h - size_.pad_top;
  const std::int64_t end = (out_rows.end - 1) * params_.stride_h - size_.pad_top + extent;
  const std::int64_t clipped_end = std::clamp<std::int64_t>(end, 0, in_h_);
  return {std::clamp<std::int64_t>(begin, 0, clipped_end), clipped_end};
}

}  // namespace tandem::inline TANDEM_ABI::internal
