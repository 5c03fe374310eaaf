// From nodes to steps: memory, and the order of the nodes.
#include <algorithm>

#include "engines/graph/emitter.hpp"

namespace tandem::graph {
namespace {

Result<Operator> copy_operator(std::int64_t row, std::int64_t element_bytes) {
  CopyParams p;
  p.type = element_bytes == 1 ? DataType::kU8 : DataType::kF32;  // copies of s8 are the same
  p.channels = static_cast<std::int32_t>(row);
  if (p.channels != row) return error(StatusCode::kUnsupported, "a copy of rows of %lld", static_cast<long long>(row));
  return Operator::copy(p);
}

// How much of a dense tensor is one row of a copy: a divisor of the number of elements.
std::int64_t copied_row(std::int64_t count) {
  for (std::int64_t row = 1024; row > 1; --row) {
    if (count % row == 0) return row;
  }
  return 1;
}

}  // namespace

Result<Program> Emitter::run() {
  tensors_.resize(graph_.values.size());
  for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
    const ValueId id = graph_.inputs[i];
    if (!is_data(type(id))) continue;
    const Status status = check_known(id, "input of the network");
    if (!status.ok()) return status;
    tensors_[index(id)].push_back(whole(new_buffer_of(id, Buffer::Kind::kInput, i), size(id), rank(id)));
  }
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Status status = node(i);
    if (!status.ok()) return status;
  }
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
    const ValueId id = graph_.outputs[i];
    const Result<Tensor> from = require(id, in_order(rank(id)), size(id));
    if (!from.ok()) return from.status();
    const Tensor to = whole(new_buffer_of(id, Buffer::Kind::kOutput, i), size(id), rank(id));
    const Status status = copy(from->at, to.at, size(id), "output " + std::to_string(i));
    if (!status.ok()) return status;
  }
  return std::move(program_);
}

Status Emitter::check_known(ValueId id, const char* what) const {
  if (dims_[index(id)] && size(id) != kUnknown) return {};
  return error(StatusCode::kInvalidArgument, "the size of %s \"%.80s\" is not known", what,
               graph_.values[index(id)].name.c_str());
}

std::int32_t Emitter::new_buffer(Buffer::Kind kind, std::size_t number, std::int64_t count, ElementType type) {
  program_.buffers.push_back({kind, number, count, is_byte(type) ? 1 : std::int64_t{sizeof(float)}, 0});
  return static_cast<std::int32_t>(program_.buffers.size()) - 1;
}

std::int32_t Emitter::new_buffer_of(ValueId id, Buffer::Kind kind, std::size_t number) {
  return new_buffer(kind, number, size(id), type(id));
}

Tensor Emitter::fresh(ValueId id, Order order, std::int64_t row) {
  const std::int32_t buffer = new_buffer_of(id);
  return {{buffer, 0, row, row}, std::move(order)};
}

Status Emitter::step(Operator op, const Shape& shape, const Operand& src, const Operand& dst, const Operand& residual,
                     std::string name) {
  program_.steps.push_back({std::move(op), shape, src, dst, residual, false, std::move(name)});
  return {};
}

Status Emitter::copy(Operand src, Operand dst, std::int64_t count, std::string name) {
  if (count == 0) return {};
  const auto is_dense = [&](const Operand& at) { return at.row == at.stride || at.row == count; };
  const std::int64_t row = is_dense(src) ? is_dense(dst) ? copied_row(count) : dst.row : src.row;
  for (Operand* at : {&src, &dst}) {
    at->stride = is_dense(*at) ? row : at->stride;
    at->row = row;
  }
  const std::int64_t element_bytes = program_.buffers[static_cast<std::size_t>(src.buffer)].element_bytes;
  Result<Operator> op = copy_operator(row, element_bytes);
  if (!op.ok()) return op.status();
  program_.steps.push_back({std::move(op.value()), {1, 1, count / row, row}, src, dst, {}, true, std::move(name)});
  return {};
}

Result<Tensor> Emitter::require(ValueId id, const Order& order, std::int64_t row) {
  auto& all = tensors_[index(id)];
  if (size(id) == 0) return whole(new_buffer_of(id), 0, rank(id));
  if (all.empty()) return error(StatusCode::kUnsupported, "value %d has no data", id);
  for (const Tensor& t : all) {
    if (same_order(dims(id), t.order, order) && (is_dense(t, id) || t.at.row == row)) return with_row(t, id, row);
  }
  // A copy packs the rows of a view; a conversion then changes the order.
  Tensor from = all.front();
  for (const Tensor& t : all) {
    if (is_dense(t, id) || same_order(dims(id), t.order, order)) from = t;
  }
  if (!is_dense(from, id)) {
    Tensor packed = fresh(id, from.order, from.at.row);
    const Status status = copy(from.at, packed.at, size(id), "pack " + graph_.values[index(id)].name);
    if (!status.ok()) return status;
    all.push_back(packed);
    from = packed;
  }
  if (!same_order(dims(id), from.order, order)) {
    const Status status = convert(id, from, order);
    if (!status.ok()) return status;
    tensors_[index(id)].push_back(from);
  }
  return with_row(from, id, row);
}

Tensor Emitter::with_row(Tensor t, ValueId id, std::int64_t row) const {
  if (is_dense(t, id)) t.at.row = t.at.stride = row;
  return t;
}

Status Emitter::convert(ValueId id, Tensor& t, const Order& order) {
  for (const Rotation& r : rotations(dims(id), t.order, order)) {
    ConvertLayoutParams p;
    const bool to_channels_last = same_order(dims(id), order, rank(id) == 4 ? image_order() : in_order(rank(id)));
    p.type = tensor(id);
    p.conversion = to_channels_last ? LayoutConversion::kNchwToNhwc : LayoutConversion::kNhwcToNchw;
    const std::int64_t channels = to_channels_last ? r.first : r.second;
    p.channels = static_cast<std::int32_t>(channels);
    if (p.channels != channels)
      return error(StatusCode::kUnsupported, "a conversion of %lld channels", static_cast<long long>(channels));
    Result<Operator> op = Operator::convert_layout(p);
    if (!op.ok()) return op.status();
    Tensor to = fresh(id, order, to_channels_last ? r.first : size(id));
    Operand src = t.at;
    src.row = src.stride = to_channels_last ? size(id) : r.second;
    const Shape shape{r.prefix, 1, to_channels_last ? r.second : r.first, channels};
    const Status status =
        step(std::move(op.value()), shape, src, to.at, {}, "convert " + graph_.values[index(id)].name);
    if (!status.ok()) return status;
    t = to;
  }
  t.order = order;
  return {};
}

Status Emitter::node(std::size_t i) {
  const Node& n = graph_.nodes[i];
  for (const ValueId id : n.outputs) {
    if (id == kNoValue || !is_data(type(id))) continue;
    const Status status = check_known(id, "output of");
    if (!status.ok()) return status;
  }
  // A node without elements to compute needs no steps.
  if (std::all_of(n.outputs.begin(), n.outputs.end(), [&](ValueId id) { return id == kNoValue || size(id) == 0; })) {
    return {};
  }
  if (!network_.operators[i].empty()) return weighted(n, network_.operators[i]);
  switch (n.op) {
    case Op::kReduceMean:
    case Op::kMaxPool:
    case Op::kAveragePool:
      return pool(n);
    case Op::kResize:
      return resize(n);
    case Op::kDepthToSpace:
      return depth_to_space(n);
    case Op::kSpaceToDepth:
      return space_to_depth(n);
    case Op::kActivation:
      return activation(n);
    case Op::kTable:
      return table(n);
    case Op::kQuantize:
    case Op::kDequantize:
      return quantisation(n);
    case Op::kSoftmax:
      return softmax(n);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMin:
    case Op::kMax:
      return arithmetic(n);
    case Op::kPad:
      return pad(n);
    case Op::kConcat:
      return concat(n);
    case Op::kSplit:
      return split(n);
    case Op::kSlice:
      return slice(n);
    case Op::kReshape:
      return reshape(n);
    case Op::kTranspose:
      return transpose(n);
    case Op::kIdentity:
      tensors_[index(n.outputs[0])] = tensors_[index(n.inputs[0])];
      return {};
    default:
      return node_error(StatusCode::kUnsupported, n, "there is no step for it");
  }
}

Result<Program> emit(const Network& network, const AllDims& dims) { return Emitter(network, dims).run(); }

}  // namespace tandem::graph
