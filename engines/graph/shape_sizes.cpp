#include "engines/graph/shape_sizes.hpp"

#include <algorithm>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

Sizes axes_of(ValueId id, const Dims& dims) {
  Sizes sizes;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == kUnknown) {
      sizes.push_back({0, id, i});
    } else {
      sizes.push_back({dims[i], kNoValue, 0});
    }
  }
  return sizes;
}

// Sizes are small. What could overflow is left to the engine.
std::optional<std::int64_t> result(Op op, std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  if (a < -kMost || a > kMost || b < -kMost || b > kMost || (op == Op::kDiv && b == 0)) return std::nullopt;
  return op == Op::kAdd ? a + b : op == Op::kSub ? a - b : op == Op::kMul ? a * b : a / b;
}

}  // namespace

ShapeSizes::ShapeSizes(const Graph& graph) : sizes_(graph.values.size()) {
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    const Value& value = graph.values[i];
    if (!value.constant || value.type != ElementType::kInteger) continue;
    Sizes sizes;
    for (const std::int64_t n : value.data.integers) sizes.push_back({n, kNoValue, 0});
    sizes_[i] = std::move(sizes);
  }
}

void ShapeSizes::follow(const Graph& graph, const Node& node, const AllDims& dims) {
  const ValueId out = node.outputs.empty() ? kNoValue : node.outputs[0];
  if (out == kNoValue) return;
  if (graph.values[index(out)].type == ElementType::kInteger || node.op == Op::kShape) {
    sizes_[index(out)] = written_by(node, dims);
  }
}

const std::optional<Sizes>& ShapeSizes::of(ValueId id) const { return sizes_[index(id)]; }

std::optional<std::vector<std::int64_t>> ShapeSizes::numbers(ValueId id) const {
  if (id == kNoValue || !of(id)) return std::nullopt;
  std::vector<std::int64_t> all;
  for (const Size& size : *of(id)) {
    if (size.value != kNoValue) return std::nullopt;
    all.push_back(size.number);
  }
  return all;
}

std::optional<Sizes> ShapeSizes::written_by(const Node& node, const AllDims& dims) const {
  if (node.inputs.empty() || node.inputs[0] == kNoValue) return std::nullopt;
  switch (node.op) {
    case Op::kShape: {
      const auto& known = dims[index(node.inputs[0])];
      return known ? std::optional(axes_of(node.inputs[0], *known)) : std::nullopt;
    }
    case Op::kCast:
    case Op::kIdentity:
    case Op::kReshape:
      return of(node.inputs[0]);
    case Op::kGather:
      return gathered(node);
    case Op::kSlice:
      return sliced(node);
    case Op::kConcat:
      return joined(node);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
      return combined(node);
    default:
      return std::nullopt;
  }
}

std::optional<Sizes> ShapeSizes::gathered(const Node& node) const {
  const auto &from = of(node.inputs[0]), &which = of(node.inputs[1]);
  if (!from || !which) return std::nullopt;
  Sizes sizes;
  for (const Size& at : *which) {
    const std::size_t i = at.value == kNoValue ? resolve_axis(at.number, from->size()) : kNotAnAxis;
    if (i == kNotAnAxis) return std::nullopt;
    sizes.push_back((*from)[i]);
  }
  return sizes;
}

std::optional<Sizes> ShapeSizes::sliced(const Node& node) const {
  const auto& from = of(node.inputs[0]);
  const auto& a = std::get<SliceAttributes>(node.attributes);
  if (!from || !a.known || a.axes.size() != 1) return std::nullopt;
  const auto size = static_cast<std::int64_t>(from->size());
  const SliceRange range = slice_range(a.starts[0], a.ends[0], a.steps[0], size);
  Sizes sizes;
  for (std::int64_t i = 0; i < range.count; ++i) {
    sizes.push_back((*from)[static_cast<std::size_t>(range.begin + i * a.steps[0])]);
  }
  return sizes;
}

std::optional<Sizes> ShapeSizes::joined(const Node& node) const {
  Sizes sizes;
  for (const ValueId id : node.inputs) {
    const auto& part = of(id);
    if (!part) return std::nullopt;
    sizes.insert(sizes.end(), part->begin(), part->end());
  }
  return sizes;
}

// Arithmetic of numbers, where one of both may be one for all.
std::optional<Sizes> ShapeSizes::combined(const Node& node) const {
  const auto a = numbers(node.inputs[0]), b = numbers(node.inputs[1]);
  if (!a || !b || a->empty() || b->empty()) return std::nullopt;
  if (a->size() != b->size() && a->size() != 1 && b->size() != 1) return std::nullopt;
  Sizes sizes;
  for (std::size_t i = 0; i < std::max(a->size(), b->size()); ++i) {
    const auto y = result(node.op, (*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
    if (!y) return std::nullopt;
    sizes.push_back({*y, kNoValue, 0});
  }
  return sizes;
}

}  // namespace tandem::graph
