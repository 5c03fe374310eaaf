// Element by element: activations, arithmetic of two tensors or of one and a constant, softmax.
#include <algorithm>
#include <optional>

#include "engines/graph/emitter.hpp"

namespace tandem::graph {
namespace {

// The operation on (src, other), and on (other, src).
struct Operations {
  ElementwiseOperation straight, swapped;
};

Operations operations(Op op) {
  switch (op) {
    case Op::kSub:
      return {ElementwiseOperation::kSubtract, ElementwiseOperation::kSubtractFrom};
    case Op::kMul:
      return {ElementwiseOperation::kMultiply, ElementwiseOperation::kMultiply};
    case Op::kDiv:
      return {ElementwiseOperation::kDivide, ElementwiseOperation::kDivideInto};
    case Op::kMin:
      return {ElementwiseOperation::kMinimum, ElementwiseOperation::kMinimum};
    case Op::kMax:
      return {ElementwiseOperation::kMaximum, ElementwiseOperation::kMaximum};
    default:
      return {ElementwiseOperation::kAdd, ElementwiseOperation::kAdd};
  }
}

// Four axes in the order of memory; leading ones are added.
Shape four_axes(const Dims& dims, const Order& order) {
  std::int64_t size[4] = {1, 1, 1, 1};
  for (std::size_t i = 0; i < order.size(); ++i) size[4 - order.size() + i] = dims[order[i]];
  return {size[0], size[1], size[2], size[3]};
}

// Dims of the same rank as the output's.
Dims padded(const Dims& dims, std::size_t rank) {
  Dims all(rank - dims.size(), 1);
  all.insert(all.end(), dims.begin(), dims.end());
  return all;
}

Order last(Order order, std::size_t axis) {
  order.erase(std::find(order.begin(), order.end(), axis));
  order.push_back(axis);
  return order;
}

}  // namespace

// The order that needs no conversion, with an axis innermost if one is given.
Order Emitter::handy_order(ValueId id, std::size_t axis) {
  const Order first = tensors(id).empty() ? in_order(rank(id)) : tensors(id)[0].order;
  if (axis == kNotAnAxis) return first;
  for (const Tensor& t : tensors(id)) {
    if (same_order(dims(id), t.order, last(t.order, axis))) return last(t.order, axis);
  }
  return last(first, axis);
}

// The innermost axis of more than one element.
std::int64_t Emitter::row_of(ValueId id, const Order& order) const {
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    if (dims(id)[*axis] != 1) return dims(id)[*axis];
  }
  return 1;
}

Status Emitter::activation(const Node& n) {
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const auto& a = std::get<Activation>(n.attributes);
  // A PReLU has a slope for each channel, so channels have to be innermost.
  const bool by_channel = a.kind == Activation::Kind::kPrelu;
  const std::size_t channels = rank(in) == 4 ? image_axes(graph_.layout).c : rank(in) - 1;
  const Order order = handy_order(in, by_channel ? channels : kNotAnAxis);
  const std::int64_t row = by_channel ? dims(in)[channels] : row_of(in, order);
  const Result<Tensor> src = require(in, order, row);
  if (!src.ok()) return src.status();
  ActivationParams p;
  p.channels = static_cast<std::int32_t>(row);
  p.activation = a;
  Result<Operator> op = Operator::activation(p);
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const Tensor dst = fresh(out, order, row);
  tensors(out).push_back(dst);
  return step(std::move(op.value()), {1, 1, size(in) / row, row}, src->at, dst.at, {}, n.name);
}

Status Emitter::softmax(const Node& n) {
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const std::size_t axis = resolve_axis(std::get<AxisAttributes>(n.attributes).axis, rank(in));
  const Order order = handy_order(in, axis);
  SoftmaxParams p;
  p.channels = static_cast<std::int32_t>(dims(in)[axis]);
  Result<Operator> op = Operator::softmax(p);
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const Result<Tensor> src = require(in, order, p.channels);
  if (!src.ok()) return src.status();
  const Tensor dst = fresh(out, order, p.channels);
  tensors(out).push_back(dst);
  return step(std::move(op.value()), {1, 1, size(in) / p.channels, p.channels}, src->at, dst.at, {}, n.name);
}

Status Emitter::arithmetic(const Node& n) {
  const ValueId out = n.outputs[0];
  for (const std::size_t i : {1U, 0U}) {
    const auto constant = floats(graph_, n.inputs[i]);
    if (!constant.empty()) return with_constant(n, n.inputs[1 - i], n.inputs[i], constant, i == 0);
  }
  // src has the output's shape; the other may have size 1 where src has more.
  const bool swapped = dims(n.inputs[0]) != dims(out);
  const ValueId a = n.inputs[swapped ? 1 : 0], b = n.inputs[swapped ? 0 : 1];
  if (dims(a) != dims(out)) {
    return node_error(StatusCode::kUnsupported, n, "both inputs would have to be broadcast");
  }
  const Dims small = padded(dims(b), rank(out));
  const bool same = small == dims(out);
  if (rank(out) > 4 && !same) return node_error(StatusCode::kUnsupported, n, "broadcasting along more than 4 axes");
  Order order = handy_order(a, kNotAnAxis);
  for (const ValueId id : {a, b}) {  // convolutions wrote one of both
    for (const Tensor& t : tensors(id)) {
      if (rank(out) == 4 && t.order == image_order()) order = image_order();
    }
  }
  ElementwiseParams p;
  const Operations ops = operations(n.op);
  p.operation = swapped ? ops.swapped : ops.straight;
  std::int64_t row = row_of(out, order);
  Shape shape{1, 1, size(out) / row, row};
  // The other operand in the same order. Its axes are fewer if leading ones are missing.
  Order other;
  for (const std::size_t axis : order) {
    if (axis >= rank(out) - rank(b)) other.push_back(axis - (rank(out) - rank(b)));
  }
  std::int64_t other_row = row;
  if (!same) {
    shape = four_axes(dims(out), order);
    row = shape.c;
    const Shape s = four_axes(small, order);
    p.broadcast = {s.n != shape.n, s.h != shape.h, s.w != shape.w, s.c != shape.c};
    other_row = s.c;
  }
  p.channels = static_cast<std::int32_t>(row);
  Result<Operator> op = Operator::elementwise(p);
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const Result<Tensor> src = require(a, order, row);
  if (!src.ok()) return src.status();
  const Result<Tensor> residual = require(b, other, other_row);
  if (!residual.ok()) return residual.status();
  const Tensor dst = fresh(out, order, row);
  tensors(out).push_back(dst);
  return step(std::move(op.value()), shape, src->at, dst.at, residual->at, n.name);
}

// One number, or one for each element of an axis.
Status Emitter::with_constant(const Node& n, ValueId in, ValueId constant, std::span<const float> elements,
                              bool constant_first) {
  const ValueId out = n.outputs[0];
  const Dims shape = padded(graph_.values[index(constant)].dims, rank(out));
  std::size_t axis = kNotAnAxis;
  for (std::size_t i = 0; i < shape.size(); ++i) axis = shape[i] != 1 ? i : axis;
  if (dims(in) != dims(out)) return node_error(StatusCode::kUnsupported, n, "the constant makes its input larger");
  const Order order = handy_order(in, axis);
  const std::int64_t row = axis == kNotAnAxis ? row_of(in, order) : dims(in)[axis];
  ElementwiseParams p;
  const Operations ops = operations(n.op);
  p.operation = constant_first ? ops.swapped : ops.straight;
  p.channels = static_cast<std::int32_t>(row);
  p.constants = FloatSpan(elements.data(), elements.size());
  Result<Operator> op = Operator::elementwise(p);
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const Result<Tensor> src = require(in, order, row);
  if (!src.ok()) return src.status();
  const Tensor dst = fresh(out, order, row);
  tensors(out).push_back(dst);
  return step(std::move(op.value()), {1, 1, size(out) / row, row}, src->at, dst.at, {}, n.name);
}

}  // namespace tandem::graph
