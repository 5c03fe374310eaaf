// Operators that move elements without changing them, means, and those that compute shapes.
#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "engines/graph/sizes.hpp"
#include "engines/onnxruntime/operators.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::graph::AxisAttributes;
using tandem::graph::Dims;
using tandem::graph::ElementType;
using tandem::graph::kNotAnAxis;
using tandem::graph::kUnknown;
using tandem::graph::Op;
using tandem::graph::PadAttributes;
using tandem::graph::ReduceAttributes;
using tandem::graph::ReshapeAttributes;
using tandem::graph::resolve_axes;
using tandem::graph::resolve_axis;
using tandem::graph::SliceAttributes;
using tandem::graph::SplitAttributes;
using tandem::graph::TransposeAttributes;

using Integers = std::vector<std::int64_t>;

// Newer versions take as an input what older ones take as an attribute.
std::optional<Integers> attribute_or_input(const NodeReader& node, const char* name, std::size_t input) {
  return node.has_input(input) ? node.constant_integers(input) : node.integers(name);
}

bool rank_known(const NodeReader& node) { return node.has_input(0) && node.input(0).rank_known; }
std::int64_t rank(const NodeReader& node) { return static_cast<std::int64_t>(node.input(0).dims.size()); }

// Axes counted from the front, in order. Nothing if one of them does not exist.
std::optional<Integers> normalised(const Integers& axes, std::size_t rank) {
  auto resolved = resolve_axes(axes, rank);
  if (resolved) std::sort(resolved->begin(), resolved->end());
  return resolved;
}

Translation reduce_mean(const NodeReader& node) {
  ReduceAttributes attributes;
  attributes.keep_dims = node.integer("keepdims", 1) != 0;
  if (node.has_input(1) && !node.constant_integers(1)) return foreign("ReduceMean over axes that are computed");
  if (const auto axes = attribute_or_input(node, "axes", 1); axes && !axes->empty()) {
    attributes.axes = *axes;
  } else if (node.integer("noop_with_empty_axes", 0) != 0) {
    return as(Op::kIdentity, node, 1);
  } else if (rank_known(node)) {
    attributes.axes.resize(node.input(0).dims.size());
    std::iota(attributes.axes.begin(), attributes.axes.end(), 0);
  } else {
    return foreign("ReduceMean over an unknown number of axes");
  }
  return as(Op::kReduceMean, node, 1, attributes);
}

Translation concat(const NodeReader& node) {
  return as(Op::kConcat, node, node.inputs().size(), AxisAttributes{node.integer("axis", 1)});
}

Translation split(const NodeReader& node) {
  SplitAttributes attributes;
  attributes.axis = node.integer("axis", 0);
  if (node.has_input(1) && !node.constant_integers(1)) return foreign("Split into sizes that are computed");
  if (const auto sizes = attribute_or_input(node, "split", 1)) attributes.sizes = *sizes;
  return as(Op::kSplit, node, 1, attributes);
}

// Since version 10 the limits are inputs.
Translation slice(const NodeReader& node) {
  for (std::size_t i = 1; i < node.inputs().size(); ++i) {
    if (!node.has_input(i) || node.constant_integers(i)) continue;
    SliceAttributes computed;
    computed.known = false;
    return as(Op::kSlice, node, 5, computed);
  }
  const auto starts = attribute_or_input(node, "starts", 1);
  const auto ends = attribute_or_input(node, "ends", 2);
  if (!starts || !ends) return foreign("Slice without limits");
  SliceAttributes attributes;
  attributes.starts = *starts;
  attributes.ends = *ends;
  if (const auto axes = attribute_or_input(node, "axes", 3)) {
    attributes.axes = *axes;
  } else {
    attributes.axes.resize(starts->size());
    std::iota(attributes.axes.begin(), attributes.axes.end(), 0);
  }
  attributes.steps = node.constant_integers(4).value_or(Integers(starts->size(), 1));
  return as(Op::kSlice, node, 1, attributes);
}

// Since version 11 the sizes and the value are inputs.
Translation pad(const NodeReader& node) {
  if (node.text("mode", "constant") != "constant") return foreign("Pad of mode " + node.text("mode", "constant"));
  if (!rank_known(node)) return foreign("Pad of an unknown number of axes");
  const auto pads = attribute_or_input(node, "pads", 1);
  if (!pads) return foreign("Pad with sizes that are computed");
  PadAttributes attributes;
  attributes.value = node.real("value", 0.0F);
  if (node.has_input(2)) {
    const auto value = node.constant_reals(2);
    if (!value || value->size() != 1) return foreign("Pad with a value that is computed");
    attributes.value = value->front();
  }
  if (node.has_input(3) && !node.constant_integers(3)) return foreign("Pad of axes that are computed");
  Integers axes(node.input(0).dims.size());
  std::iota(axes.begin(), axes.end(), 0);
  if (const auto named = node.constant_integers(3)) axes = *named;
  if (pads->size() != 2 * axes.size()) return foreign("Pad with another number of sizes than axes");
  attributes.before.resize(node.input(0).dims.size());
  attributes.after.resize(node.input(0).dims.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = resolve_axis(axes[i], node.input(0).dims.size());
    if (axis == kNotAnAxis) return foreign("Pad of an axis that does not exist");
    attributes.before[axis] = (*pads)[i];
    attributes.after[axis] = (*pads)[i + axes.size()];
  }
  return as(Op::kPad, node, 1, attributes);
}

Translation reshape(const NodeReader& node) {
  ReshapeAttributes attributes;
  if (const auto shape = attribute_or_input(node, "shape", 1)) {
    attributes.dims = *shape;
    const bool zeros = std::find(shape->begin(), shape->end(), 0) != shape->end();
    if (zeros && node.integer("allowzero", 0) != 0) return foreign("Reshape to an empty tensor");
    return as(Op::kReshape, node, 1, attributes);
  }
  attributes.known = false;
  return as(Op::kReshape, node, 2, attributes);
}

// A Reshape to these axes of the input, in its order; kUnknown stands for an axis of size 1 that the input does not have.
// Reshape can say "as axis i of the input" only for axis i of the output, and "whatever is left" once.
Translation reshape_to_axes(const NodeReader& node, const Integers& axes) {
  ReshapeAttributes attributes;
  Dims output;
  int computed = 0;
  bool empty = false;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t axis = axes[i];
    const std::int64_t size = axis == kUnknown ? 1 : node.input(0).dims[static_cast<std::size_t>(axis)];
    const bool same_place = size == kUnknown && axis == static_cast<std::int64_t>(i);
    computed += size == kUnknown && !same_place;
    empty = empty || size == 0;
    output.push_back(size);
    attributes.dims.push_back(same_place ? 0 : size);
  }
  if (computed < 2 && !empty) return as(Op::kReshape, node, 1, attributes);
  Translation translation = foreign(empty ? "an empty tensor" : "several sizes that are not known before the run");
  translation.dims = output;
  return translation;
}

Translation squeeze(const NodeReader& node) {
  if (!rank_known(node)) return foreign("Squeeze of an unknown number of axes");
  const Dims& dims = node.input(0).dims;
  Integers gone;
  if (const auto named = attribute_or_input(node, "axes", 1)) {
    const auto axes = normalised(*named, node.input(0).dims.size());
    if (!axes) return foreign("Squeeze of an axis that does not exist");
    gone = *axes;
  } else if (node.has_input(1) || std::find(dims.begin(), dims.end(), kUnknown) != dims.end()) {
    return foreign("Squeeze of axes that are not known before the run");
  } else {
    for (std::int64_t axis = 0; axis < rank(node); ++axis) {
      if (dims[static_cast<std::size_t>(axis)] == 1) gone.push_back(axis);
    }
  }
  Integers kept;
  for (std::int64_t axis = 0; axis < rank(node); ++axis) {
    if (!std::binary_search(gone.begin(), gone.end(), axis)) kept.push_back(axis);
  }
  return reshape_to_axes(node, kept);
}

Translation unsqueeze(const NodeReader& node) {
  const auto named = attribute_or_input(node, "axes", 1);
  if (!named || !rank_known(node)) return foreign("Unsqueeze of axes that are not known before the run");
  const auto added = normalised(*named, node.input(0).dims.size() + named->size());
  if (!added) return foreign("Unsqueeze of an axis that does not exist");
  Integers axes;
  std::int64_t next = 0;
  for (std::int64_t i = 0; i < rank(node) + static_cast<std::int64_t>(added->size()); ++i) {
    axes.push_back(std::binary_search(added->begin(), added->end(), i) ? kUnknown : next++);
  }
  return reshape_to_axes(node, axes);
}

// To two axes: those before `axis`, and the others.
Translation flatten(const NodeReader& node) {
  if (!rank_known(node)) return foreign("Flatten of an unknown number of axes");
  const std::int64_t given = node.integer("axis", 1);
  const std::int64_t axis = given < 0 ? given + rank(node) : given;
  if (axis < 0 || axis > rank(node)) return foreign("Flatten of an axis that does not exist");
  if (axis == 0) return as(Op::kReshape, node, 1, ReshapeAttributes{true, {1, -1}});
  if (axis == 1) return as(Op::kReshape, node, 1, ReshapeAttributes{true, {0, -1}});
  std::int64_t rest = 1;
  for (std::int64_t i = axis; i < rank(node); ++i) {
    const std::int64_t size = node.input(0).dims[static_cast<std::size_t>(i)];
    if (size <= 0) return foreign("Flatten of sizes that are not known before the run");
    rest *= size;
  }
  return as(Op::kReshape, node, 1, ReshapeAttributes{true, {-1, rest}});
}

Translation transpose(const NodeReader& node) {
  TransposeAttributes attributes;
  if (const auto permutation = node.integers("perm")) {
    attributes.permutation = *permutation;
  } else {
    if (!rank_known(node)) return foreign("Transpose of an unknown number of axes");
    for (std::int64_t axis = rank(node); axis-- > 0;) attributes.permutation.push_back(axis);
  }
  return as(Op::kTranspose, node, 1, attributes);
}

Translation identity(const NodeReader& node) { return as(Op::kIdentity, node, 1); }

Translation dropout(const NodeReader& node) {
  if (node.has_input(2) || node.has_output(1)) return foreign("Dropout as in training");
  return as(Op::kIdentity, node, 1);
}

// The numbers are those of ONNX's TensorProto.DataType.
Translation cast(const NodeReader& node) {
  constexpr std::int64_t kFloat = 1, kInt32 = 6, kInt64 = 7;
  const std::int64_t to = node.integer("to", 0);
  const ElementType from = node.has_input(0) ? node.input(0).type : ElementType::kOther;
  if (from == ElementType::kF32 && to == kFloat) return as(Op::kIdentity, node, 1);
  if (from == ElementType::kInteger && (to == kInt32 || to == kInt64)) return as(Op::kCast, node, 1);
  return foreign("Cast to another type");
}

Translation shape(const NodeReader& node) {
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  if (node.integer("start", 0) != 0 || node.integer("end", kAll) != kAll) return foreign("Shape of some axes");
  return as(Op::kShape, node, 1);
}

Translation gather(const NodeReader& node) { return as(Op::kGather, node, 2, AxisAttributes{node.integer("axis", 0)}); }

}  // namespace

std::vector<TranslatorRow> shape_translators() {
  return {
      {"Cast", cast},
      {"Concat", concat},
      {"Dropout", dropout},
      {"Flatten", flatten},
      {"Gather", gather},
      {"Identity", identity},
      {"Pad", pad},
      {"ReduceMean", reduce_mean},
      {"Reshape", reshape},
      {"Shape", shape},
      {"Slice", slice},
      {"Split", split},
      {"Squeeze", squeeze},
      {"Transpose", transpose},
      {"Unsqueeze", unsqueeze},
  };
}

}  // namespace tandem_onnxruntime
