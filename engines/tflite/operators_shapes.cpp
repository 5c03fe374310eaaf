// Operators that move elements, or take the mean of some.
#include <tensorflow/lite/builtin_ops.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "engines/graph/sizes.hpp"
#include "engines/tflite/operators.hpp"

namespace tandem_tflite {
namespace {

using tandem::graph::AxisAttributes;
using tandem::graph::Dims;
using tandem::graph::kNotAnAxis;
using tandem::graph::kNoValue;
using tandem::graph::kUnknown;
using tandem::graph::Op;
using tandem::graph::PadAttributes;
using tandem::graph::ReduceAttributes;
using tandem::graph::ReshapeAttributes;
using tandem::graph::resolve_axis;
using tandem::graph::SliceAttributes;
using tandem::graph::SplitAttributes;
using tandem::graph::TransposeAttributes;

// In a shape: the input's own size at this place. (In TFLite's shapes 0 is an empty axis.)
constexpr std::int64_t kCopied = 0;

// Paddings [rank, 2]: before and after.
void pad(const NodeReader& node, float value) {
  const std::vector<std::int64_t> paddings = node.integers(1, "amount of padding");
  if (paddings.size() != 2 * node.dims(0).size()) throw Unsupported{"its padding does not fit its input"};
  PadAttributes a;
  a.value = value;
  for (std::size_t i = 0; i < paddings.size(); i += 2) {
    a.before.push_back(paddings[i]);
    a.after.push_back(paddings[i + 1]);
  }
  node.write(Op::kPad, {node.input(0)}, a);
}

// The first `unmoved` sizes are those of the input.
void write_reshape(const NodeReader& node, Dims dims, std::size_t unmoved = 0) {
  std::replace(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(unmoved), kUnknown, kCopied);
  if (std::count(dims.begin(), dims.end(), kUnknown) > 1) throw Unsupported{"several of its sizes are open"};
  node.write(Op::kReshape, {node.input(0)}, ReshapeAttributes{true, dims});
}

// The shape is an input, or in old models a parameter.
void reshape(const NodeReader& node) {
  Dims dims;
  if (node.input(1) != kNoValue) {
    dims = node.integers(1, "shape");
  } else {
    const auto& p = node.parameters<TfLiteReshapeParams>();
    dims.assign(p.shape, p.shape + std::clamp(p.num_dimensions, 0, TFLITE_RESHAPE_PARAMS_MAX_DIMENSION_COUNT));
  }
  if (std::count(dims.begin(), dims.end(), kCopied) > 0) throw Unsupported{"one of its sizes is 0"};
  write_reshape(node, std::move(dims));
}

void squeeze(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteSqueezeParams>();
  const Dims& x = node.dims(0);
  std::vector<bool> goes(x.size());
  for (int i = 0; i < std::clamp(p.num_squeeze_dims, 0, 8); ++i) {
    const std::size_t axis = resolve_axis(p.squeeze_dims[i], x.size());
    if (axis == kNotAnAxis) throw Unsupported{"it squeezes an axis that its input lacks"};
    goes[axis] = true;
  }
  Dims rest;
  std::size_t unmoved = x.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool all = p.num_squeeze_dims == 0;
    if (all && x[i] == kUnknown) throw Unsupported{"a size of its input is not known"};
    if (all ? x[i] != 1 : !goes[i]) {
      rest.push_back(x[i]);
    } else {
      unmoved = std::min(unmoved, i);
    }
  }
  write_reshape(node, std::move(rest), std::min(unmoved, rest.size()));
}

void expand_dims(const NodeReader& node) {
  Dims dims = node.dims(0);
  const std::vector<std::int64_t> axis = node.integers(1, "axis");
  const std::size_t at = axis.size() == 1 ? resolve_axis(axis[0], dims.size() + 1) : kNotAnAxis;
  if (at == kNotAnAxis) throw Unsupported{"its axis is none of its output's"};
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(at), 1);
  write_reshape(node, std::move(dims), at);
}

void concatenation(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteConcatenationParams>();
  std::vector<tandem::graph::ValueId> parts;
  for (std::size_t i = 0; i < node.inputs(); ++i) parts.push_back(node.input(i));
  node.write(Op::kConcat, std::move(parts), AxisAttributes{p.axis}, p.activation);
}

std::int64_t only_one(const std::vector<std::int64_t>& numbers, const char* what) {
  if (numbers.size() != 1) throw Unsupported{std::string("its ") + what + " is not one number"};
  return numbers[0];
}

// Inputs: axis, x.
void split(const NodeReader& node) {
  node.write(Op::kSplit, {node.input(1)}, SplitAttributes{only_one(node.integers(0, "axis"), "axis"), {}});
}

// Inputs: x, sizes, axis.
void split_v(const NodeReader& node) {
  std::vector<std::int64_t> sizes = node.integers(1, "list of sizes");
  if (std::any_of(sizes.begin(), sizes.end(), [](std::int64_t size) { return size < 1; })) {
    throw Unsupported{"one of its sizes is not known"};
  }
  node.write(Op::kSplit, {node.input(0)},
             SplitAttributes{only_one(node.integers(2, "axis"), "axis"), std::move(sizes)});
}

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

// Inputs: x, begin, size; a size of -1 goes to the end.
void slice(const NodeReader& node) {
  const std::vector<std::int64_t> begin = node.integers(1, "begin"), size = node.integers(2, "size");
  const std::size_t rank = node.dims(0).size();
  if (begin.size() != rank || size.size() != rank) throw Unsupported{"its begin or size does not fit its input"};
  SliceAttributes a;
  for (std::size_t i = 0; i < rank; ++i) {
    if (begin[i] < 0 || size[i] < -1) throw Unsupported{"its begin or size is negative"};
    a.axes.push_back(static_cast<std::int64_t>(i));
    a.starts.push_back(begin[i]);
    a.ends.push_back(size[i] == -1 ? kToTheEnd : begin[i] + size[i]);
    a.steps.push_back(1);
  }
  node.write(Op::kSlice, {node.input(0)}, a);
}

// Inputs: x, begin, end, strides. A bit of begin_mask or end_mask: this axis from its first or to its last element.
void strided_slice(const NodeReader& node) {
  const auto& p = node.parameters<TfLiteStridedSliceParams>();
  if (p.ellipsis_mask != 0 || p.new_axis_mask != 0 || p.shrink_axis_mask != 0) {
    throw Unsupported{"it adds or removes axes"};
  }
  if (node.version() >= 8 && p.offset) throw Unsupported{"its end counts from its begin"};
  const std::vector<std::int64_t> begin = node.integers(1, "begin"), end = node.integers(2, "end");
  const std::vector<std::int64_t> strides = node.integers(3, "stride");
  if (begin.size() > node.dims(0).size() || end.size() != begin.size() || strides.size() != begin.size()) {
    throw Unsupported{"its begin, end or stride does not fit its input"};
  }
  SliceAttributes a;
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (strides[i] < 1) throw Unsupported{"its stride is not positive"};
    a.axes.push_back(static_cast<std::int64_t>(i));
    a.starts.push_back((p.begin_mask >> i & 1) != 0 ? 0 : begin[i]);
    a.ends.push_back((p.end_mask >> i & 1) != 0 ? kToTheEnd : end[i]);
    a.steps.push_back(strides[i]);
  }
  node.write(Op::kSlice, {node.input(0)}, a);
}

void transpose(const NodeReader& node) {
  node.write(Op::kTranspose, {node.input(0)}, TransposeAttributes{node.integers(1, "permutation")});
}

void mean(const NodeReader& node) {
  node.write(Op::kReduceMean, {node.input(0)},
             ReduceAttributes{node.integers(1, "list of axes"), node.parameters<TfLiteReducerParams>().keep_dims});
}

constexpr Translation kTranslations[] = {
    {kTfLiteBuiltinConcatenation, concatenation},
    {kTfLiteBuiltinExpandDims, expand_dims},
    {kTfLiteBuiltinMean, mean},
    {kTfLiteBuiltinPad, [](const NodeReader& n) { pad(n, 0.0F); }},
    {kTfLiteBuiltinPadv2, [](const NodeReader& n) { pad(n, n.number(2, "value")); }},
    {kTfLiteBuiltinReshape, reshape},
    {kTfLiteBuiltinSlice, slice},
    {kTfLiteBuiltinSplit, split},
    {kTfLiteBuiltinSplitV, split_v},
    {kTfLiteBuiltinSqueeze, squeeze},
    {kTfLiteBuiltinStridedSlice, strided_slice},
    {kTfLiteBuiltinTranspose, transpose},
};

}  // namespace

std::span<const Translation> shape_translations() noexcept { return kTranslations; }

}  // namespace tandem_tflite
