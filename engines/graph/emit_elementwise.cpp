// Element by element: activations, arithmetic of two tensors or of one and a constant, softmax.
#include <algorithm>
#include <optional>

#include "engines/graph/emitter.hpp"
#include "engines/graph/operations.hpp"

namespace tandem::graph {
namespace {

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

// The only axis of more than one element; kNotAnAxis if there is none, nothing if there are several.
std::optional<std::size_t> only_axis(const Dims& dims) {
  std::size_t axis = kNotAnAxis;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    if (axis != kNotAnAxis) return std::nullopt;
    axis = i;
  }
  return axis;
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
  const ValueId in = n.inputs[0];
  const auto& a = std::get<Activation>(n.attributes);
  // Slopes and affines are by channel, so channels have to be innermost.
  const bool by_channel = a.kind == Activation::Kind::kPrelu || a.scale.size > 1 || a.shift.size > 1;
  const std::size_t channels = rank(in) == 4 ? image_axes(graph_.layout).c : rank(in) - 1;
  const Order order = handy_order(in, by_channel ? channels : kNotAnAxis);
  const std::int64_t row = by_channel ? dims(in)[channels] : row_of(in, order);
  ActivationParams p;
  p.channels = static_cast<std::int32_t>(row);
  p.activation = a;
  p.src_type = tensor(in);
  p.dst_type = tensor(n.outputs[0]);
  return rows_step(n, Operator::activation(p), order, row);
}

Status Emitter::table(const Node& n) {
  const ValueId in = n.inputs[0];
  const Order order = handy_order(in, kNotAnAxis);
  const std::int64_t row = row_of(in, order);
  ActivationParams p;
  p.channels = static_cast<std::int32_t>(row);
  p.src_type = tensor(in);
  p.dst_type = tensor(n.outputs[0]);
  p.table = std::get<TableAttributes>(n.attributes).elements->data();
  return rows_step(n, Operator::activation(p), order, row);
}

Status Emitter::rows_step(const Node& n, Result<Operator> op, const Order& order, std::int64_t row) {
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const Result<Tensor> src = require(in, order, row);
  if (!src.ok()) return src.status();
  const Tensor dst = fresh(out, order, row);
  tensors(out).push_back(dst);
  return step(std::move(op.value()), {1, 1, size(in) / row, row}, src->at, dst.at, {}, n.name);
}

Status Emitter::quantisation(const Node& n) {
  const ValueId in = n.inputs[0];
  const auto& a = std::get<QuantizeAttributes>(n.attributes);
  const Order order = handy_order(in, kNotAnAxis);
  const std::int64_t row = row_of(in, order);
  const bool to_bytes = n.op == Op::kQuantize;
  const TensorType bytes{tensor(to_bytes ? n.outputs[0] : in).type, {a.scales[0], a.zero_point}};
  if (to_bytes) {
    QuantizeParams p;
    p.channels = static_cast<std::int32_t>(row);
    p.dst_type = bytes;
    return rows_step(n, Operator::quantize(p), order, row);
  }
  DequantizeParams p;
  p.channels = static_cast<std::int32_t>(row);
  p.src_type = bytes;
  return rows_step(n, Operator::dequantize(p), order, row);
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

// A constant's elements in the order of axes in memory.
Operand Emitter::constant(ValueId id, const Order& order) {
  const auto from = floats(graph_, id);
  std::vector<float> to;
  to.reserve(from.size());
  std::vector<std::int64_t> step(order.size());  // in the constant, of each axis
  for (std::size_t i = order.size(); i-- > 0;) {
    step[i] = i + 1 == order.size() ? 1 : step[i + 1] * dims(id)[i + 1];
  }
  Dims at(order.size(), 0);
  std::int64_t place = 0;
  while (to.size() < from.size()) {
    to.push_back(from[static_cast<std::size_t>(place)]);
    for (std::size_t i = order.size(); i-- > 0;) {
      place += step[order[i]];
      if (++at[i] < dims(id)[order[i]]) break;
      place -= at[i] * step[order[i]];
      at[i] = 0;
    }
  }
  const auto count = static_cast<std::int64_t>(to.size());
  program_.constants.push_back(std::move(to));
  return {new_buffer(Buffer::Kind::kConstant, program_.constants.size() - 1, count), 0, count, count};
}

// An input of an element-wise operator whose output has so many axes, in an order: leading ones may be missing.
Result<Operand> Emitter::element_operand(ValueId id, std::size_t axes, const Order& order, std::int64_t row) {
  Order own;
  for (const std::size_t axis : order) {
    if (axis >= axes - rank(id)) own.push_back(axis - (axes - rank(id)));
  }
  if (graph_.values[index(id)].constant) return constant(id, own);
  const Result<Tensor> t = require(id, own, row);
  if (!t.ok()) return t.status();
  return t->at;
}

// dst = src OP other, with the operation and the types of p. src has the dims of dst; other may have size 1 where they have
// more.
Status Emitter::combine(const Node& n, ElementwiseParams p, Operand src, Operand other, const Dims& other_dims,
                        const Tensor& dst) {
  const Dims& y = dims(n.outputs[0]);
  const std::int64_t innermost = row_of(n.outputs[0], dst.order);
  Shape shape{1, 1, elements(y) / innermost, innermost};
  std::int64_t other_row = innermost;
  if (other_dims != y) {
    if (y.size() > 4) return node_error(StatusCode::kUnsupported, n, "broadcasting along more than 4 axes");
    shape = four_axes(y, dst.order);
    const Shape s = four_axes(other_dims, dst.order);
    p.broadcast = {s.n != shape.n, s.h != shape.h, s.w != shape.w, s.c != shape.c};
    other_row = s.c;
  }
  p.channels = static_cast<std::int32_t>(shape.c);
  Result<Operator> op = Operator::elementwise(p);
  if (!op.ok()) return node_error(op.status().code(), n, "%s", op.status().message());
  const auto in_rows = [](Operand at, std::int64_t count, std::int64_t row) {
    if (at.row == at.stride || at.row == count) at.row = at.stride = row;
    return at;
  };
  const std::int64_t count = elements(y);
  return step(std::move(op.value()), shape, in_rows(src, count, shape.c), in_rows(dst.at, count, shape.c),
              in_rows(other, elements(other_dims), other_row), n.name);
}

Status Emitter::arithmetic(const Node& n) {
  const ValueId out = n.outputs[0];
  const auto given = [&](std::size_t i) { return padded(dims(n.inputs[i]), rank(out)); };
  for (const std::size_t i : {1U, 0U}) {
    const auto constant = floats(graph_, n.inputs[i]);
    if (constant.empty() || dims(n.inputs[1 - i]) != dims(out)) continue;
    if (const auto axis = only_axis(given(i))) return with_constant(n, n.inputs[1 - i], *axis, constant, i == 0);
  }
  // src has the output's shape, if one of both has.
  const bool swapped = given(0) != dims(out) && given(1) == dims(out);
  const ValueId a = n.inputs[swapped ? 1 : 0], b = n.inputs[swapped ? 0 : 1];
  Order order = in_order(rank(out));
  for (const ValueId id : {b, a}) {
    if (dims(id) == dims(out) && !tensors(id).empty()) order = tensors(id)[0].order;
  }
  for (const ValueId id : {a, b}) {  // convolutions wrote one of both
    for (const Tensor& t : tensors(id)) {
      if (rank(out) == 4 && t.order == image_order()) order = image_order();
    }
  }
  const bool same = given(0) == given(1);
  const auto row = [&](ValueId id) { return same ? row_of(out, order) : padded(dims(id), rank(out))[order.back()]; };
  Result<Operand> src = element_operand(a, rank(out), order, row(a));
  if (!src.ok()) return src.status();
  const Result<Operand> other = element_operand(b, rank(out), order, row(b));
  if (!other.ok()) return other.status();
  const Tensor dst = fresh(out, order, size(out));
  if (given(swapped ? 1 : 0) != dims(out)) {  // both are smaller: -0 is what a sum does not change
    const Tensor larger = fresh(out, order, size(out));
    const Status status = combine(n, {}, filled(-0.0F, size(out)), src.value(), given(swapped ? 1 : 0), larger);
    if (!status.ok()) return status;
    src = larger.at;
  }
  tensors(out).push_back(dst);
  const Operations ops = operations(n.op);
  ElementwiseParams p;
  p.operation = swapped ? ops.swapped : ops.straight;
  p.src_type = tensor(a);
  p.residual_type = tensor(b);
  p.dst_type = tensor(out);
  p.rounding = graph_.rounding;
  return combine(n, p, src.value(), other.value(), given(swapped ? 0 : 1), dst);
}

// One number, or one for each element of an axis.
Status Emitter::with_constant(const Node& n, ValueId in, std::size_t axis, std::span<const float> elements,
                              bool constant_first) {
  const ValueId out = n.outputs[0];
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
