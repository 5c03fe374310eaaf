// Convolutions, pools, resizes and blocks of pixels.
#include <cmath>

#include "engines/graph/inference.hpp"

namespace tandem::graph {
namespace {

struct Window {
  std::int64_t kernel, stride, dilation, before, after;
};

std::int64_t window_output(std::int64_t in, const Window& w, Padding::Mode mode, bool ceil_mode) {
  if (in == kUnknown) return kUnknown;
  if (mode != Padding::Mode::kExplicit) return (in + w.stride - 1) / w.stride;
  const std::int64_t rest = in + w.before + w.after - w.dilation * (w.kernel - 1) - 1;
  if (rest < 0) return 0;
  std::int64_t out = rest / w.stride + 1;
  // A window that begins in the padding after the input does not count (PyTorch, ONNX since opset 19).
  if (ceil_mode && rest % w.stride != 0 && out * w.stride < in + w.before) ++out;
  return out;
}

template <class Attributes>
Dims window_dims(const Dims& x, const ImageAxes& axes, const Attributes& a, std::int64_t kernel_h,
                 std::int64_t kernel_w, bool ceil_mode) {
  Dims y = x;
  const Padding& p = a.padding;
  y[axes.h] = window_output(x[axes.h], {kernel_h, a.stride_h, a.dilation_h, p.top, p.bottom}, p.mode, ceil_mode);
  y[axes.w] = window_output(x[axes.w], {kernel_w, a.stride_w, a.dilation_w, p.left, p.right}, p.mode, ceil_mode);
  return y;
}

Dims conv_dims(const Dims& x, const ImageAxes& axes, const Dims& filter, const ConvAttributes& a) {
  const FilterSizes sizes = filter_sizes(filter, a.filter_layout);
  Dims y = window_dims(x, axes, a, sizes.h, sizes.w, false);
  y[axes.c] = sizes.out;
  return y;
}

std::int64_t transposed_output(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                               std::int64_t cut, std::int64_t more, std::int64_t given, Padding::Mode mode) {
  if (given > 0) return given;
  if (in == kUnknown) return kUnknown;
  if (mode != Padding::Mode::kExplicit) return in * stride;
  return stride * (in - 1) + more + dilation * (kernel - 1) + 1 - cut;
}

Dims transposed_dims(const Dims& x, const ImageAxes& axes, const Dims& filter, const ConvTransposeAttributes& a) {
  const FilterSizes f = filter_sizes(filter, a.filter_layout);
  const Padding& p = a.padding;
  Dims y = x;
  y[axes.h] = transposed_output(x[axes.h], f.h, a.stride_h, a.dilation_h, p.top + p.bottom, a.output_padding_h,
                                a.output_h, p.mode);
  y[axes.w] = transposed_output(x[axes.w], f.w, a.stride_w, a.dilation_w, p.left + p.right, a.output_padding_w,
                                a.output_w, p.mode);
  y[axes.c] = a.filter_layout == FilterLayout::kIohw ? f.out * a.groups : f.out;
  return y;
}

std::int64_t resized(std::int64_t in, std::int64_t size, float scale) {
  if (size > 0) return size;
  if (in == kUnknown) return kUnknown;
  return static_cast<std::int64_t>(std::floor(static_cast<float>(in) * scale));
}

std::int64_t times(std::int64_t a, std::int64_t b) { return a == kUnknown ? kUnknown : a * b; }
std::int64_t parts(std::int64_t a, std::int64_t b) { return a == kUnknown ? kUnknown : a / b; }

}  // namespace

// A batch of no images is fine, an image of no pixels is not.
Result<Outputs> Inference::image(Dims y) const {
  for (std::size_t i = 1; i < y.size(); ++i) {
    if (y[i] != kUnknown && y[i] < 1) return misfit("the input is too small: the output would be empty");
  }
  return one(std::move(y));
}

bool Inference::has_filter() const { return x_.size() == 4 && input(1) != nullptr && input(1)->size() == 4; }

Result<Outputs> Inference::conv() const {
  if (!has_filter()) return misfit("the input or the filter does not have 4 axes");
  const auto& a = std::get<ConvAttributes>(node_.attributes);
  const std::int64_t channels = filter_sizes(*input(1), a.filter_layout).in * a.groups;
  if (x_[axes().c] != kUnknown && channels >= 0 && x_[axes().c] != channels) {
    return misfit("the filter is for another number of channels");
  }
  return image(conv_dims(x_, axes(), *input(1), a));
}

Result<Outputs> Inference::conv_transpose() const {
  if (!has_filter()) return misfit("the input or the filter does not have 4 axes");
  return image(transposed_dims(x_, axes(), *input(1), std::get<ConvTransposeAttributes>(node_.attributes)));
}

Result<Outputs> Inference::pool() const {
  if (x_.size() != 4) return misfit("the input does not have 4 axes");
  const auto& a = std::get<PoolAttributes>(node_.attributes);
  return image(window_dims(x_, axes(), a, a.kernel_h, a.kernel_w, a.ceil_mode));
}

Result<Outputs> Inference::resize() const {
  if (x_.size() != 4) return misfit("the input does not have 4 axes");
  const auto& a = std::get<ResizeAttributes>(node_.attributes);
  Dims y = x_;
  y[axes().h] = resized(x_[axes().h], a.output_h, a.scale_h);
  y[axes().w] = resized(x_[axes().w], a.output_w, a.scale_w);
  return image(std::move(y));
}

Result<Outputs> Inference::blocks() const {
  if (x_.size() != 4) return misfit("the input does not have 4 axes");
  const std::int64_t b = std::get<BlockAttributes>(node_.attributes).block;
  const bool spread = node_.op == Op::kDepthToSpace;
  const auto [h, w, c] = axes();
  const auto fits = [](std::int64_t size, std::int64_t by) { return size == kUnknown || size % by == 0; };
  if (spread ? !fits(x_[c], b * b) : !fits(x_[h], b) || !fits(x_[w], b)) return misfit("a block is not whole");
  Dims y = x_;
  y[h] = spread ? times(y[h], b) : parts(y[h], b);
  y[w] = spread ? times(y[w], b) : parts(y[w], b);
  y[c] = spread ? parts(y[c], b * b) : times(y[c], b * b);
  return image(std::move(y));
}

Result<Outputs> Inference::block_of_convs() const {
  if (x_.size() != 4) return misfit("the input does not have 4 axes");
  Dims y = x_;
  const auto& stages = std::get<BlockOfConvs>(node_.attributes).stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    y = conv_dims(y, axes(), *input(1 + 2 * i), stages[i]);
  }
  return image(std::move(y));
}

}  // namespace tandem::graph
