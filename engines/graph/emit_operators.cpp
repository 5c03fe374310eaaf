// Steps of operators on images and matrices.
#include "engines/graph/emitter.hpp"

namespace tandem::graph {
namespace {

CoordinateMode mode(ResizeCoordinates c) {
  switch (c) {
    case ResizeCoordinates::kAsymmetric:
      return CoordinateMode::kAsymmetric;
    case ResizeCoordinates::kHalfPixel:
      return CoordinateMode::kHalfPixel;
    case ResizeCoordinates::kPytorchHalfPixel:
      return CoordinateMode::kPytorchHalfPixel;
    case ResizeCoordinates::kAlignCorners:
      return CoordinateMode::kAlignCorners;
    case ResizeCoordinates::kTfHalfPixelForNearest:
      return CoordinateMode::kTfHalfPixelForNearest;
  }
  return CoordinateMode::kHalfPixel;
}

NearestRounding rounding(ResizeRounding r) {
  switch (r) {
    case ResizeRounding::kFloor:
      return NearestRounding::kFloor;
    case ResizeRounding::kRoundPreferFloor:
      return NearestRounding::kRoundPreferFloor;
    case ResizeRounding::kRoundPreferCeil:
      return NearestRounding::kRoundPreferCeil;
    case ResizeRounding::kCeil:
      return NearestRounding::kCeil;
  }
  return NearestRounding::kFloor;
}

}  // namespace

Status Emitter::weighted(const Node& n, const Operator& op) {
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const bool matrix = n.op == Op::kMatMul;
  const Order order = matrix ? in_order(rank(in)) : image_order();
  const Shape shape = matrix ? matrix_shape(dims(in)) : image_shape(dims(in), graph_.layout);
  const Result<Tensor> src = require(in, order, shape.c);
  if (!src.ok()) return src.status();
  const std::int64_t channels = matrix ? dims(out).back() : image_shape(dims(out), graph_.layout).c;
  Operand residual;
  const std::size_t place = n.op == Op::kConv ? 3 : n.op == Op::kSeparable ? 5 : 8;
  if (n.inputs.size() > place && n.inputs[place] != kNoValue && n.op != Op::kInvertedResidual) {
    if (dims(n.inputs[place]) != dims(out)) {
      return node_error(StatusCode::kUnsupported, n, "the two inputs of the addition after it differ in shape");
    }
    const Result<Tensor> added = require(n.inputs[place], order, channels);
    if (!added.ok()) return added.status();
    residual = added->at;
  }
  const Tensor dst = fresh(out, matrix ? in_order(rank(out)) : order, channels);
  tensors_[index(out)].push_back(dst);
  return step(op, shape, src->at, dst.at, residual, n.name);
}

Status Emitter::image_step(const Node& n, Result<Operator> op) {
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const Result<Tensor> src = require(in, image_order(), image(in).c);
  if (!src.ok()) return src.status();
  // A mean may drop the axes that it reduces.
  const bool is_image = rank(out) == 4;
  const Tensor dst = fresh(out, is_image ? image_order() : in_order(rank(out)), is_image ? image(out).c : image(in).c);
  tensors(out).push_back(dst);
  return step(std::move(op.value()), image(in), src->at, dst.at, {}, n.name);
}

Status Emitter::pool(const Node& n) { return image_step(n, create_pool(graph_, n, image(n.inputs[0]).c)); }

Status Emitter::depth_to_space(const Node& n) {
  const auto& a = std::get<BlockAttributes>(n.attributes);
  DepthToSpaceParams p;
  p.type = tensor(n.inputs[0]).type;
  p.channels = static_cast<std::int32_t>(image(n.inputs[0]).c);
  p.block = a.block;
  p.mode = a.depth_first ? DepthToSpaceMode::kDcr : DepthToSpaceMode::kCrd;
  return image_step(n, Operator::depth_to_space(p));
}

Status Emitter::resize(const Node& n) {
  const auto& a = std::get<ResizeAttributes>(n.attributes);
  ResizeParams p;
  p.src_type = p.dst_type = tensor(n.inputs[0]).type;
  p.channels = static_cast<std::int32_t>(image(n.inputs[0]).c);
  p.mode = a.mode == ResizeMode::kNearest ? tandem::ResizeMode::kNearest : tandem::ResizeMode::kLinear;
  p.coordinates = mode(a.coordinates);
  p.rounding = rounding(a.rounding);
  if (a.output_h > 0) {
    p.output_h = static_cast<std::int32_t>(a.output_h);
  } else {
    p.scale_h = a.scale_h;
  }
  if (a.output_w > 0) {
    p.output_w = static_cast<std::int32_t>(a.output_w);
  } else {
    p.scale_w = a.scale_w;
  }
  return image_step(n, Operator::resize(p));
}

}  // namespace tandem::graph
