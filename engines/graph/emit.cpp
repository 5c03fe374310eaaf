// From nodes to steps. A value has one or more tensors: its elements in some order of the axes in memory. Transpose, most
// Reshapes, Split and Slice make tensors that are views of others; an operator that needs another order than there is
// gets it by a layout conversion, which other readers then share.
#include <algorithm>
#include <optional>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/steps.hpp"
#include "engines/graph/views.hpp"

namespace tandem::graph {
namespace {

class Emitter {
 public:
  Emitter(const Network& network, const AllDims& dims) : network_(network), graph_(network.graph), dims_(dims) {}

  Result<Program> run() {
    tensors_.resize(graph_.values.size());
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      const ValueId id = graph_.inputs[i];
      if (graph_.values[index(id)].type != ElementType::kF32) continue;
      const Status status = check_known(id, "input of the network");
      if (!status.ok()) return status;
      tensors_[index(id)].push_back(whole(new_buffer(Buffer::Kind::kInput, i, size(id)), size(id), rank(id)));
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Status status = node(i);
      if (!status.ok()) return status;
    }
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      const ValueId id = graph_.outputs[i];
      const Result<Tensor> from = require(id, in_order(rank(id)), size(id));
      if (!from.ok()) return from.status();
      const Tensor to = whole(new_buffer(Buffer::Kind::kOutput, i, size(id)), size(id), rank(id));
      const Status status = copy(from->at, to.at, size(id), "output " + std::to_string(i));
      if (!status.ok()) return status;
    }
    return std::move(program_);
  }

 private:
  const Dims& dims(ValueId id) const { return *dims_[index(id)]; }
  std::size_t rank(ValueId id) const { return dims(id).size(); }
  std::int64_t size(ValueId id) const { return elements(dims(id)); }
  Order image_order() const { return graph_.layout == Layout::kNchw ? Order{0, 2, 3, 1} : Order{0, 1, 2, 3}; }

  Status check_known(ValueId id, const char* what) const {
    if (dims_[index(id)] && size(id) != kUnknown) return {};
    return error(StatusCode::kInvalidArgument, "the size of %s \"%.80s\" is not known", what,
                 graph_.values[index(id)].name.c_str());
  }

  std::int32_t new_buffer(Buffer::Kind kind, std::size_t number, std::int64_t count) {
    program_.buffers.push_back({kind, number, count, 0});
    return static_cast<std::int32_t>(program_.buffers.size()) - 1;
  }

  // A dense tensor of a new arena buffer in an order. `row` is what an operator takes for the channels.
  Tensor fresh(ValueId id, Order order, std::int64_t row) {
    const std::int32_t buffer = new_buffer(Buffer::Kind::kArena, 0, size(id));
    return {{buffer, 0, row, row}, std::move(order)};
  }

  Status step(Operator op, const Shape& shape, const Operand& src, const Operand& dst, const Operand& residual,
              std::string name) {
    program_.steps.push_back({std::move(op), shape, src, dst, residual, false, std::move(name)});
    return {};
  }

  // `count` elements from the rows of src to those of dst. They are as many and as long, or one of both is dense.
  Status copy(Operand src, Operand dst, std::int64_t count, std::string name) {
    const auto is_dense = [&](const Operand& at) { return at.row == at.stride || at.row == count; };
    const std::int64_t row = is_dense(src) ? is_dense(dst) ? copied_row(count) : dst.row : src.row;
    for (Operand* at : {&src, &dst}) {
      at->stride = is_dense(*at) ? row : at->stride;
      at->row = row;
    }
    Result<Operator> op = copy_operator(row);
    if (!op.ok()) return op.status();
    program_.steps.push_back({std::move(op.value()), {1, 1, count / row, row}, src, dst, {}, true, std::move(name)});
    return {};
  }

  static Result<Operator> copy_operator(std::int64_t row);
  // How much of a dense tensor is one row of a copy: a divisor of the number of elements.
  static std::int64_t copied_row(std::int64_t count);

  bool is_dense(const Tensor& t, ValueId id) const { return t.at.row == t.at.stride || t.at.row == size(id); }

  // A tensor of the value in this order that is dense, or has rows of `row` floats.
  Result<Tensor> require(ValueId id, const Order& order, std::int64_t row) {
    auto& all = tensors_[index(id)];
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

  // A dense tensor may be read in rows of any length.
  Tensor with_row(Tensor t, ValueId id, std::int64_t row) const {
    if (is_dense(t, id)) t.at.row = t.at.stride = row;
    return t;
  }

  // Each turn brings the next axis of `order` to its place: [prefix][a][b] becomes [prefix][b][a].
  Status convert(ValueId id, Tensor& t, const Order& order) {
    for (const Rotation& r : rotations(dims(id), t.order, order)) {
      ConvertLayoutParams p;
      const bool to_channels_last = same_order(dims(id), order, rank(id) == 4 ? image_order() : in_order(rank(id)));
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

  Status node(std::size_t i);
  Status weighted(const Node& node, const Operator& op);
  Status mean(const Node& node);
  Status concat(const Node& node);
  Status cut(const Node& node, ValueId out, std::size_t axis, const SliceRange& range);
  Status slice(const Node& node);
  Status split(const Node& node);
  Status reshape(const Node& node);
  Status transpose(const Node& node);

  const Network& network_;
  const Graph& graph_;
  const AllDims& dims_;
  std::vector<std::vector<Tensor>> tensors_;
  Program program_;
};

// A depthwise convolution by ones.
Result<Operator> Emitter::copy_operator(std::int64_t row) {
  DepthwiseParams p;
  p.channels = static_cast<std::int32_t>(row);
  p.kernel_h = p.kernel_w = 1;
  if (p.channels != row) return error(StatusCode::kUnsupported, "a copy of rows of %lld", static_cast<long long>(row));
  return Operator::depthwise(p, std::vector<float>(static_cast<std::size_t>(row), 1.0F));
}

std::int64_t Emitter::copied_row(std::int64_t count) {
  for (std::int64_t row = 1024; row > 1; --row) {
    if (count % row == 0) return row;
  }
  return 1;
}

Status Emitter::node(std::size_t i) {
  const Node& n = graph_.nodes[i];
  for (const ValueId id : n.outputs) {
    if (id == kNoValue || graph_.values[index(id)].type != ElementType::kF32) continue;
    const Status status = check_known(id, "output of");
    if (!status.ok()) return status;
  }
  if (!network_.operators[i].empty()) return weighted(n, network_.operators[i]);
  switch (n.op) {
    case Op::kReduceMean:
      return mean(n);
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

Status Emitter::mean(const Node& n) {
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const Shape shape = image_shape(dims(in), graph_.layout);
  const Result<Tensor> src = require(in, image_order(), shape.c);
  if (!src.ok()) return src.status();
  GlobalAveragePoolParams p;
  p.channels = static_cast<std::int32_t>(shape.c);
  Result<Operator> op = Operator::global_average_pool(p);
  if (!op.ok()) return op.status();
  const Tensor dst = fresh(out, rank(out) == 4 ? image_order() : in_order(rank(out)), shape.c);
  tensors_[index(out)].push_back(dst);
  return step(std::move(op.value()), shape, src->at, dst.at, {}, n.name);
}

Status Emitter::concat(const Node& n) {
  const ValueId out = n.outputs[0];
  const std::size_t axis = resolve_axis(std::get<AxisAttributes>(n.attributes).axis, rank(out));
  // The order that most of the inputs have; images are in the order of the operators.
  Order order = tensors_[index(n.inputs[0])].empty() ? in_order(rank(out)) : tensors_[index(n.inputs[0])][0].order;
  for (const ValueId id : n.inputs) {
    for (const Tensor& t : tensors_[index(id)]) {
      if (rank(out) == 4 && t.order == image_order()) order = image_order();
    }
  }
  const Layers to = layers(dims(out), order, axis);
  const Tensor dst = fresh(out, order, to.size * to.inner);
  std::int64_t begin = 0;
  for (const ValueId id : n.inputs) {
    const std::int64_t row = dims(id)[axis] * to.inner;
    const Result<Tensor> src = require(id, order, row);
    if (!src.ok()) return src.status();
    const Operand part{dst.at.buffer, begin, row, to.size * to.inner};
    const Status status = copy(src->at, part, size(id), n.name);
    if (!status.ok()) return status;
    begin += row;
  }
  tensors_[index(out)].push_back(dst);
  return {};
}

// Part of one axis, as a view.
Status Emitter::cut(const Node& n, ValueId out, std::size_t axis, const SliceRange& range) {
  const ValueId in = n.inputs[0];
  const auto view = [&](const Tensor& t) -> std::optional<Tensor> {
    const Layers from = layers(dims(in), t.order, axis);
    const std::int64_t row = from.size * from.inner;
    if (!is_dense(t, in) && t.at.row != row) return std::nullopt;
    Tensor part = t;
    part.at.stride = is_dense(t, in) ? row : t.at.stride;
    part.at.offset += range.begin * from.inner;
    part.at.row = range.count * from.inner;
    if (from.outer == 1) part.at.stride = part.at.row;
    return part;
  };
  for (const Tensor& t : tensors_[index(in)]) {
    if (const auto part = view(t)) {
      tensors_[index(out)].push_back(*part);
      return {};
    }
  }
  if (tensors_[index(in)].empty()) return node_error(StatusCode::kUnsupported, n, "its input has no data");
  const Result<Tensor> dense = require(in, tensors_[index(in)][0].order, size(in));
  if (!dense.ok()) return dense.status();
  tensors_[index(out)].push_back(*view(*dense));
  return {};
}

Status Emitter::slice(const Node& n) {
  const auto& a = std::get<SliceAttributes>(n.attributes);
  // One axis after the other; the views between have no value of their own.
  const ValueId in = n.inputs[0], out = n.outputs[0];
  std::vector<std::pair<std::size_t, SliceRange>> cuts;
  for (std::size_t i = 0; i < a.axes.size(); ++i) {
    const std::size_t axis = resolve_axis(a.axes[i], rank(in));
    const SliceRange range = slice_range(a.starts[i], a.ends[i], a.steps[i], dims(in)[axis]);
    if (range.begin != 0 || range.count != dims(in)[axis]) cuts.emplace_back(axis, range);
  }
  if (cuts.empty()) {
    tensors_[index(out)] = tensors_[index(in)];
    return {};
  }
  if (cuts.size() > 1) return node_error(StatusCode::kUnsupported, n, "a slice of two axes");
  return cut(n, out, cuts[0].first, cuts[0].second);
}

Status Emitter::split(const Node& n) {
  const std::size_t axis = resolve_axis(std::get<SplitAttributes>(n.attributes).axis, rank(n.inputs[0]));
  std::int64_t begin = 0;
  for (const ValueId out : n.outputs) {
    const auto& a = std::get<SplitAttributes>(n.attributes);
    const auto part = static_cast<std::size_t>(&out - n.outputs.data());
    const std::int64_t count =
        a.sizes.empty() ? dims(n.inputs[0])[axis] / static_cast<std::int64_t>(n.outputs.size()) : a.sizes[part];
    if (out != kNoValue) {
      const Status status = cut(n, out, axis, {begin, count});
      if (!status.ok()) return status;
    }
    begin += count;
  }
  return {};
}

Status Emitter::reshape(const Node& n) {
  const ValueId in = n.inputs[0], out = n.outputs[0];
  for (const Tensor& t : tensors_[index(in)]) {
    const auto order = reshaped_order(dims(in), t.order, dims(out));
    if (!order) continue;
    if (is_dense(t, in)) {
      tensors_[index(out)].push_back({{t.at.buffer, t.at.offset, size(out), size(out)}, *order});
      return {};
    }
    if (keeps_last_axis(dims(in), t.order, dims(out), *order) && t.at.row == dims(in)[t.order.back()]) {
      tensors_[index(out)].push_back({t.at, *order});
      return {};
    }
  }
  const Result<Tensor> dense = require(in, in_order(rank(in)), size(in));
  if (!dense.ok()) return dense.status();
  tensors_[index(out)].push_back({dense->at, in_order(rank(out))});
  return {};
}

Status Emitter::transpose(const Node& n) {
  const auto& permutation = std::get<TransposeAttributes>(n.attributes).permutation;
  for (Tensor t : tensors_[index(n.inputs[0])]) {
    for (std::size_t& axis : t.order) {
      const auto at = std::find(permutation.begin(), permutation.end(), static_cast<std::int64_t>(axis));
      axis = static_cast<std::size_t>(at - permutation.begin());
    }
    tensors_[index(n.outputs[0])].push_back(std::move(t));
  }
  return {};
}

}  // namespace

Result<Program> emit(const Network& network, const AllDims& dims) { return Emitter(network, dims).run(); }

}  // namespace tandem::graph
