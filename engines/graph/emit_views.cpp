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
    if (size(id) == 0) continue;
    const bool is_constant = graph_.values[index(id)].constant;
    const Result<Tensor> src = is_constant ? Tensor{constant(id, order), order} : require(id, order, row);
    if (!src.ok()) return src.status();
    const Operand part{dst.at.buffer, begin, row, to.size * to.inner};
    const Status status = copy(src->at, part, size(id), n.name);
    if (!status.ok()) return status;
    begin += row;
  }
  tensors_[index(out)].push_back(dst);
  return {};
}

// Output channel (y * block + x) * C + c is channel c of pixel (y, x) of the block. For each y the rows of pixels are packed,
// and then are rows of block * C elements of the output's pixels.
Status Emitter::space_to_depth(const Node& n) {
  const ValueId in = n.inputs[0], out = n.outputs[0];
  const std::int64_t block = std::get<BlockAttributes>(n.attributes).block;
  const Shape from = image(in);
  const std::int64_t line = from.w * from.c, part = block * from.c;
  const Result<Tensor> src = require(in, image_order(), size(in));
  if (!src.ok()) return src.status();
  const Tensor dst = fresh(out, image_order(), block * part);
  for (std::int64_t y = 0; y < block; ++y) {
    const std::int32_t packed = new_buffer(Buffer::Kind::kArena, 0, size(in) / block, type(in));
    const std::int64_t first = src->at.offset + y * line;
    Status status =
        copy({src->at.buffer, first, line, block * line}, {packed, 0, line, line}, size(in) / block, n.name);
    if (!status.ok()) return status;
    status = copy({packed, 0, part, part}, {dst.at.buffer, y * part, part, block * part}, size(in) / block, n.name);
    if (!status.ok()) return status;
  }
  tensors(out).push_back(dst);
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

std::optional<Tensor> Emitter::cut(const Tensor& t, const Dims& dims, std::size_t axis, const SliceRange& range) const {
  const Layers from = layers(dims, t.order, axis);
  const std::int64_t row = from.size * from.inner;
  const bool dense = t.at.row == t.at.stride || t.at.row == elements(dims);
  if (!dense && t.at.row != row) return std::nullopt;
  Tensor part = t;
  part.at.stride = dense ? row : t.at.stride;
  part.at.offset += range.begin * from.inner;
  part.at.row = range.count * from.inner;
  if (from.outer == 1) part.at.stride = part.at.row;
  return part;
}

Status Emitter::cut(const Node& n, ValueId out, std::size_t axis, const SliceRange& range) {
  const ValueId in = n.inputs[0];
  for (const Tensor& t : tensors_[index(in)]) {
    if (const auto part = cut(t, dims(in), axis, range)) {
      tensors_[index(out)].push_back(*part);
      return {};
    }
  }
  if (tensors_[index(in)].empty()) return node_error(StatusCode::kUnsupported, n, "its input has no data");
  const Order order = tensors_[index(in)][0].order;  // a copy, since require() adds to those tensors
  const Result<Tensor> dense = require(in, order, size(in));
  if (!dense.ok()) return dense.status();
  tensors_[index(out)].push_back(*cut(*dense, dims(in), axis, range));
  return {};
}

// One axis after the other: the last as a view, those before it packed, the outermost first so that little is copied.
Status Emitter::slice(const Node& n) {
  const auto& a = std::get<SliceAttributes>(n.attributes);
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
  if (cuts.size() == 1) return cut(n, out, cuts[0].first, cuts[0].second);
  const Order order = handy_order(in, kNotAnAxis);
  const Result<Tensor> dense = require(in, order, size(in));
  if (!dense.ok()) return dense.status();
  const auto place = [&](std::size_t axis) { return std::find(order.begin(), order.end(), axis) - order.begin(); };
  std::sort(cuts.begin(), cuts.end(), [&](const auto& x, const auto& y) { return place(x.first) < place(y.first); });
  Tensor now = *dense;
  Dims sizes = dims(in);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const auto& [axis, range] = cuts[i];
    now = *cut(now, sizes, axis, range);
    sizes[axis] = range.count;
    const std::int64_t count = elements(sizes);
    if (i + 1 == cuts.size() || now.at.row == now.at.stride) continue;
    const Tensor packed{{new_buffer(Buffer::Kind::kArena, 0, count, type(in)), 0, now.at.row, now.at.row}, order};
    const Status status = copy(now.at, packed.at, count, n.name);
    if (!status.ok()) return status;
    now = packed;
  }
  tensors(out).push_back(now);
  return {};
}

Status Emitter::split(const Node& n) {
  const auto& a = std::get<SplitAttributes>(n.attributes);
  const std::size_t axis = resolve_axis(a.axis, rank(n.inputs[0]));
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < n.outputs.size(); ++i) {
    const std::int64_t count = part_size(a, i, n.outputs.size(), dims(n.inputs[0])[axis]);
    if (n.outputs[i] != kNoValue && count > 0) {
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
