// Operators that only move elements: views where it can be, copies where it must.
#include <algorithm>
#include <optional>

#include "engines/graph/emitter.hpp"

namespace tandem::graph {

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

Operand Emitter::filled(float value, std::int64_t count) {
  program_.constants.emplace_back(static_cast<std::size_t>(count), value);
  return {new_buffer(Buffer::Kind::kConstant, program_.constants.size() - 1, count), 0, count, count};
}

// Axis by axis, like a Concat with constants.
Status Emitter::pad(const Node& n) {
  const auto& a = std::get<PadAttributes>(n.attributes);
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const Order order = rank(in) == 4 ? image_order() : in_order(rank(in));
  const Result<Tensor> src = require(in, order, size(in));
  if (!src.ok()) return src.status();
  Operand at = src->at;
  Dims now = dims(in);
  for (std::size_t axis = 0; axis < now.size(); ++axis) {
    if (a.before[axis] == 0 && a.after[axis] == 0) continue;
    const Layers from = layers(now, order, axis);
    now[axis] += a.before[axis] + a.after[axis];
    const std::int64_t stride = now[axis] * from.inner;
    const std::int32_t buffer = new_buffer(Buffer::Kind::kArena, 0, elements(now));
    const auto part = [&](const Operand& source, std::int64_t first, std::int64_t size) {
      if (size == 0) return Status();
      const Operand to{buffer, first * from.inner, size * from.inner, stride};
      return copy(source, to, from.outer * size * from.inner, n.name);
    };
    const std::int64_t behind = a.before[axis] + from.size;
    Status status = part(at, a.before[axis], from.size);
    if (status.ok() && a.before[axis] > 0) {
      status = part(filled(a.value, from.outer * a.before[axis] * from.inner), 0, a.before[axis]);
    }
    if (status.ok() && a.after[axis] > 0) {
      status = part(filled(a.value, from.outer * a.after[axis] * from.inner), behind, a.after[axis]);
    }
    if (!status.ok()) return status;
    at = {buffer, 0, elements(now), elements(now)};
  }
  tensors(out).push_back({at, order});
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
  const auto& sizes = std::get<SplitAttributes>(n.attributes).sizes;
  const std::size_t axis = resolve_axis(std::get<SplitAttributes>(n.attributes).axis, rank(n.inputs[0]));
  const std::int64_t equal = dims(n.inputs[0])[axis] / static_cast<std::int64_t>(n.outputs.size());
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < n.outputs.size(); ++i) {
    const std::int64_t count = sizes.empty() ? equal : sizes[i];
    if (n.outputs[i] != kNoValue) {
      const Status status = cut(n, n.outputs[i], axis, {begin, count});
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

}  // namespace tandem::graph
