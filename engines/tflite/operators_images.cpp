// Pooling, resizing, and blocks of pixels that become channels.
#include <tensorflow/lite/builtin_ops.h>

#include "engines/tflite/operators.hpp"

namespace tandem_tflite {
namespace {

using tandem::Padding;
using tandem::graph::BlockAttributes;
using tandem::graph::Op;
using tandem::graph::PoolAttributes;
using tandem::graph::ResizeAttributes;
using tandem::graph::ResizeCoordinates;
using tandem::graph::ResizeMode;
using tandem::graph::ResizeRounding;

// An average counts the pixels that are there.
void pool(const NodeReader& node, Op op) {
  const auto& p = node.parameters<TfLitePoolParams>();
  PoolAttributes a;
  a.kernel_h = p.filter_height;
  a.kernel_w = p.filter_width;
  a.stride_h = p.stride_height;
  a.stride_w = p.stride_width;
  a.padding = p.padding == kTfLitePaddingSame ? Padding::same() : Padding::valid();
  node.write(op, {node.input(0)}, a, p.activation);
}

ResizeAttributes resized(const NodeReader& node, bool align_corners, bool half_pixel) {
  const std::vector<std::int64_t> size = node.integers(1, "size");
  if (size.size() != 2 || size[0] < 1 || size[1] < 1) throw Unsupported{"its size is not two positive numbers"};
  if (align_corners && half_pixel) throw Unsupported{"it has both align_corners and half_pixel_centers"};
  ResizeAttributes a;
  a.output_h = size[0];
  a.output_w = size[1];
  a.coordinates = align_corners ? ResizeCoordinates::kAlignCorners
                  : half_pixel  ? ResizeCoordinates::kHalfPixel
                                : ResizeCoordinates::kAsymmetric;
  return a;
}

void resize_bilinear(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteResizeBilinearParams>();
  ResizeAttributes a = resized(node, p.align_corners, p.half_pixel_centers);
  a.mode = ResizeMode::kLinear;
  node.write(Op::kResize, {node.input(0)}, a);
}

// TFLite takes floor((o + 0.5) / s) with half_pixel_centers, and rounds with align_corners.
void resize_nearest(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteResizeNearestNeighborParams>();
  ResizeAttributes a = resized(node, p.align_corners, p.half_pixel_centers);
  a.mode = ResizeMode::kNearest;
  if (p.half_pixel_centers) a.coordinates = ResizeCoordinates::kTfHalfPixelForNearest;
  if (p.align_corners) a.rounding = ResizeRounding::kRoundPreferCeil;
  node.write(Op::kResize, {node.input(0)}, a);
}

void blocks(const NodeReader& node, Op op, int block) {
  if (block < 1) throw Unsupported{"its block size is " + std::to_string(block)};
  BlockAttributes a;
  a.block = block;
  node.write(op, {node.input(0)}, a);
}

constexpr Translation kTranslations[] = {
    {kTfLiteBuiltinAveragePool2d, [](const NodeReader& n) { pool(n, Op::kAveragePool); }},
    {kTfLiteBuiltinDepthToSpace,
     [](const NodeReader& n) { blocks(n, Op::kDepthToSpace, n.parameters<TfLiteDepthToSpaceParams>().block_size); }},
    {kTfLiteBuiltinMaxPool2d, [](const NodeReader& n) { pool(n, Op::kMaxPool); }},
    {kTfLiteBuiltinResizeBilinear, resize_bilinear},
    {kTfLiteBuiltinResizeNearestNeighbor, resize_nearest},
    {kTfLiteBuiltinSpaceToDepth,
     [](const NodeReader& n) { blocks(n, Op::kSpaceToDepth, n.parameters<TfLiteSpaceToDepthParams>().block_size); }},
};

}  // namespace

std::span<const Translation> image_translations() noexcept { return kTranslations; }

}  // namespace tandem_tflite
