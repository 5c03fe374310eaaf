#include "src/depthwise_stage.hpp"

#include <algorithm>
#include <cstring>

namespace tandem::internal {

void DepthwiseStage::run(Range rows, Range channels, const SourceRows& src, const TargetRows& dst,
                         float* scratch) const noexcept {
  const std::int64_t block = channels.end - channels.begin;
  // The rows as the kernel sees them, at the first channel of the block.
  SourceRows in{src.data + channels.begin, src.pixel_stride, src.row_stride, src.ring_rows};
  if (scratch != nullptr) {
    const std::int64_t pitch = padded_pitch(block);
    in = {scratch, pitch, in_w_ * pitch, scratch_rows()};
  }
  std::int64_t copied = 0;  // input rows before this one are in the scratch, or not needed any more

  const float* row_pointers[kMaxDepthwiseKernelRows];
  kernels::DepthwiseArgs args{};
  args.rows = row_pointers;
  args.filter = weights_->filter() + channels.begin;
  args.bias = weights_->bias() + channels.begin;
  args.src_stride = in.pixel_stride;
  args.filter_stride = weights_->pitch();
  args.residual_stride = dst.pixel_stride;
  args.dst_stride = dst.pixel_stride;
  args.in_width = in_w_;
  args.out_width = size_.out_w;
  args.channels = block;
  args.kernel_h = params_.kernel_h;
  args.kernel_w = params_.kernel_w;
  args.stride_w = params_.stride_w;
  args.dilation_w = params_.dilation_w;
  args.pad_left = size_.pad_left;
  args.clamp = {params_.activation.lo, params_.activation.hi};
  for (std::int64_t oy = rows.begin; oy < rows.end; ++oy) {
    if (scratch != nullptr) {
      const Range needed = input_rows({oy, oy + 1});
      for (std::int64_t iy = std::max(copied, needed.begin); iy < needed.end; ++iy) {
        const float* from = src.data + (iy % src.ring_rows) * src.row_stride + channels.begin;
        float* to = scratch + (iy % in.ring_rows) * in.row_stride;
        for (std::int64_t x = 0; x < in_w_; ++x, from += src.pixel_stride, to += in.pixel_stride) {
          std::memcpy(to, from, static_cast<std::size_t>(block) * sizeof(float));
        }
      }
      copied = std::max(copied, needed.end);
    }
    const std::int64_t top = oy * params_.stride_h - size_.pad_top;
    for (std::int32_t ky = 0; ky < params_.kernel_h; ++ky) {
      const std::int64_t iy = top + static_cast<std::int64_t>(ky) * params_.dilation_h;
      row_pointers[ky] = iy < 0 || iy >= in_h_ ? nullptr : in.data + (iy % in.ring_rows) * in.row_stride;
    }
    const std::ptrdiff_t offset = (oy - dst.first_row) * dst.row_stride + channels.begin;
    args.dst = dst.data + offset;
    args.residual = dst.residual == nullptr ? nullptr : dst.residual + offset;
    kernels_->depthwise(args);
  }
}

std::int64_t DepthwiseStage::scratch_rows() const noexcept {
  return std::min(static_cast<std::int64_t>(params_.kernel_h - 1) * params_.dilation_h + 1, in_h_);
}

std::int64_t DepthwiseStage::scratch_floats(std::int64_t channel_block) const noexcept {
  return scratch_rows() * in_w_ * padded_pitch(channel_block);
}

Range DepthwiseStage::input_rows(Range out_rows) const noexcept {
  const std::int64_t extent = static_cast<std::int64_t>(params_.kernel_h - 1) * params_.dilation_h + 1;
  const std::int64_t begin = out_rows.begin * params_.stride_h - size_.pad_top;
  const std::int64_t end = (out_rows.end - 1) * params_.stride_h - size_.pad_top + extent;
  const std::int64_t clipped_end = std::clamp<std::int64_t>(end, 0, in_h_);
  return {std::clamp<std::int64_t>(begin, 0, clipped_end), clipped_end};
}

}  // namespace tandem::internal
