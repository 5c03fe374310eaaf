// What a damaged model may get wrong, so that the passes need not look for it again.
#include <algorithm>
#include <cmath>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/infer.hpp"

namespace tandem::graph {
namespace {

constexpr std::size_t kMany = 1U << 16U;

// How many inputs and outputs, and which attributes (the index in the variant).
struct Signature {
  std::size_t least_inputs, most_inputs, least_outputs, most_outputs;
  std::size_t attributes;
};

template <class T>
constexpr std::size_t kind() {
  return Attributes(T{}).index();
}

Signature signature(Op op) {
  const std::size_t none = 0;
  switch (op) {
    case Op::kForeign:
      return {0, kMany, 0, kMany, none};
    case Op::kConv:
      return {2, 4, 1, 1, kind<ConvAttributes>()};
    case Op::kConvTranspose:
      return {2, 3, 1, 1, kind<ConvTransposeAttributes>()};
    case Op::kBatchNorm:
      return {5, 5, 1, 1, kind<BatchNormAttributes>()};
    case Op::kMaxPool:
    case Op::kAveragePool:
      return {1, 1, 1, 1, kind<PoolAttributes>()};
    case Op::kResize:
      return {1, 1, 1, 1, kind<ResizeAttributes>()};
    case Op::kDepthToSpace:
    case Op::kSpaceToDepth:
      return {1, 1, 1, 1, kind<BlockAttributes>()};
    case Op::kMatMul:
      return {2, 3, 1, 1, kind<MatMulAttributes>()};
    case Op::kActivation:
      return {1, 1, 1, 1, kind<Activation>()};
    case Op::kPrelu:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMin:
    case Op::kMax:
    case Op::kPow:
      return {2, 2, 1, 1, none};
    case Op::kGelu:
    case Op::kSqrt:
    case Op::kErf:
    case Op::kIdentity:
    case Op::kShape:
    case Op::kCast:
      return {1, 1, 1, 1, none};
    case Op::kReduceMean:
      return {1, 1, 1, 1, kind<ReduceAttributes>()};
    case Op::kSoftmax:
      return {1, 1, 1, 1, kind<AxisAttributes>()};
    case Op::kConcat:
      return {1, kMany, 1, 1, kind<AxisAttributes>()};
    case Op::kSplit:
      return {1, 1, 1, kMany, kind<SplitAttributes>()};
    case Op::kSlice:
      return {1, 5, 1, 1, kind<SliceAttributes>()};
    case Op::kPad:
      return {1, 1, 1, 1, kind<PadAttributes>()};
    case Op::kReshape:
      return {1, 2, 1, 1, kind<ReshapeAttributes>()};
    case Op::kTranspose:
      return {1, 1, 1, 1, kind<TransposeAttributes>()};
    case Op::kQuantize:
    case Op::kDequantize:
      return {1, 1, 1, 1, kind<QuantizeAttributes>()};
    case Op::kGather:
      return {2, 2, 1, 1, kind<AxisAttributes>()};
    case Op::kTable:
      return {1, 1, 1, 1, kind<TableAttributes>()};
    case Op::kSqueezeExcite:
      return {5, 5, 1, 1, kind<SqueezeExciteAttributes>()};
    case Op::kSeparable:
      return {5, 6, 1, 1, kind<BlockOfConvs>()};
    case Op::kInvertedResidual:
      return {7, 8, 1, 1, kind<BlockOfConvs>()};
  }
  return {1, 0, 0, 0, none};
}

Status check_value(const Value& value, std::size_t id) {
  const auto number = static_cast<long long>(id);
  if (!value.rank_known && (value.constant || !value.dims.empty())) {
    return error(StatusCode::kInvalidArgument, "value %lld has dims, but its rank is not known", number);
  }
  for (const std::int64_t size : value.dims) {
    if (size < kUnknown) {
      return error(StatusCode::kInvalidArgument, "value %lld has an axis of %lld elements", number,
                   static_cast<long long>(size));
    }
  }
  if (!value.constant) return {};
  const std::int64_t count = elements(value.dims);
  if (count < 0) return error(StatusCode::kInvalidArgument, "constant %lld has unknown or too large dims", number);
  const void* const data = value.type == ElementType::kF32 ? value.data.floats : value.data.bytes;
  if (is_data(value.type) && count > 0 && data == nullptr) {
    return error(StatusCode::kInvalidArgument, "constant %lld has no elements", number);
  }
  if (value.type == ElementType::kInteger && static_cast<std::int64_t>(value.data.integers.size()) != count) {
    return error(StatusCode::kInvalidArgument, "constant %lld has %zu elements, but its dims say %lld", number,
                 value.data.integers.size(), static_cast<long long>(count));
  }
  return {};
}

template <class T>
bool positive(const T& a) {
  return a.stride_h >= 1 && a.stride_w >= 1 && a.dilation_h >= 1 && a.dilation_w >= 1;
}

bool padding_fits(const Padding& p) {
  return p.mode != Padding::Mode::kExplicit || (p.top >= 0 && p.bottom >= 0 && p.left >= 0 && p.right >= 0);
}

// The numbers that inference and the passes divide by or index with.
Status check_attributes(const Node& node) {
  const auto wrong = [&](const char* what) { return node_error(StatusCode::kInvalidArgument, node, "%s", what); };
  if (const auto* a = std::get_if<ConvAttributes>(&node.attributes)) {
    if (!positive(*a) || a->groups < 1) return wrong("a stride, a dilation or the number of groups is below 1");
    if (!padding_fits(a->padding)) return wrong("negative padding");
  } else if (const auto* t = std::get_if<ConvTransposeAttributes>(&node.attributes)) {
    if (!positive(*t) || t->groups < 1) return wrong("a stride, a dilation or the number of groups is below 1");
  } else if (const auto* p = std::get_if<PoolAttributes>(&node.attributes)) {
    if (!positive(*p) || p->kernel_h < 1 || p->kernel_w < 1) return wrong("a kernel, stride or dilation is below 1");
    if (!padding_fits(p->padding)) return wrong("negative padding");
  } else if (const auto* b = std::get_if<BlockAttributes>(&node.attributes)) {
    if (b->block < 1) return wrong("the block is below 1");
  } else if (const auto* r = std::get_if<ResizeAttributes>(&node.attributes)) {
    if ((r->output_h <= 0 && !(r->scale_h > 0)) || (r->output_w <= 0 && !(r->scale_w > 0))) {
      return wrong("neither a size nor a scale above 0");
    }
  } else if (const auto* s = std::get_if<SliceAttributes>(&node.attributes)) {
    const std::size_t n = s->axes.size();
    if (s->starts.size() != n || s->ends.size() != n || s->steps.size() != n)
      return wrong("as many starts, ends, steps as axes");
    if (std::find(s->steps.begin(), s->steps.end(), 0) != s->steps.end()) return wrong("a step is 0");
  } else if (const auto* split = std::get_if<SplitAttributes>(&node.attributes)) {
    if (!split->sizes.empty() && split->sizes.size() != node.outputs.size()) return wrong("a size for each output");
  } else if (const auto* table = std::get_if<TableAttributes>(&node.attributes)) {
    if (table->elements == nullptr) return wrong("it has no table");
  } else if (const auto* pad = std::get_if<PadAttributes>(&node.attributes)) {
    if (pad->before.size() != pad->after.size()) return wrong("before and after for each axis");
  } else if (const auto* permute = std::get_if<TransposeAttributes>(&node.attributes)) {
    std::vector<std::int64_t> sorted = permute->permutation;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (sorted[i] != static_cast<std::int64_t>(i)) return wrong("this is not a permutation of the axes");
    }
  }
  return {};
}

// The type of 8 bits, a zero point that it has, and scales for all elements or for each of an axis.
Status check_quantization(const Graph& graph, const Node& node) {
  const auto wrong = [&](const char* what) { return node_error(StatusCode::kInvalidArgument, node, "%s", what); };
  const Value& value = graph.values[index(node.op == Op::kQuantize ? node.outputs[0] : node.inputs[0])];
  const Value& reals = graph.values[index(node.op == Op::kQuantize ? node.inputs[0] : node.outputs[0])];
  const auto& a = std::get<QuantizeAttributes>(node.attributes);
  const bool bias = value.type == ElementType::kInteger && value.constant && node.op == Op::kDequantize;
  if (reals.type != ElementType::kF32 || !(is_byte(value.type) || bias)) return wrong("not between fp32 and 8 bits");
  const std::int32_t least = value.type == ElementType::kU8 ? 0 : -128;
  if (bias ? a.zero_point != 0 : a.zero_point < least || a.zero_point > least + 255) {
    return wrong("its zero point is no value of its type");
  }
  const auto good = [](float scale) { return std::isfinite(scale) && scale > 0; };
  if (a.scales.empty() || !std::all_of(a.scales.begin(), a.scales.end(), good)) {
    return wrong("a scale is not finite and above 0");
  }
  if (a.scales.size() == 1 || !value.rank_known) return {};
  const std::size_t axis = resolve_axis(a.axis, value.dims.size());
  if (axis == kNotAnAxis || (value.dims[axis] != kUnknown && value.dims[axis] != std::ssize(a.scales))) {
    return wrong("it does not have one scale for each element of its axis");
  }
  return {};
}

// Sizes of constants that the passes read by the output channel.
Status check_constants(const Graph& graph, const Node& node) {
  const auto dims = [&](std::size_t i) { return graph.values[index(node.inputs[i])].dims; };
  const auto count = [&](std::size_t i) { return elements(dims(i)); };
  const auto is_constant = [&](std::size_t i) {
    return i < node.inputs.size() && node.inputs[i] != kNoValue && graph.values[index(node.inputs[i])].constant;
  };
  const auto misfit = [&](const char* what) { return node_error(StatusCode::kInvalidArgument, node, "%s", what); };
  if ((node.op == Op::kConv || node.op == Op::kConvTranspose) && is_constant(1)) {
    if (dims(1).size() != 4) return {};  // a convolution of another number of axes: claim() declines it
    const auto* conv = std::get_if<ConvAttributes>(&node.attributes);
    const auto* transposed = std::get_if<ConvTransposeAttributes>(&node.attributes);
    FilterSizes f = filter_sizes(dims(1), conv != nullptr ? conv->filter_layout : transposed->filter_layout);
    if (f.out < 1 || f.in < 1 || f.h < 1 || f.w < 1) return misfit("the filter is empty");
    if (transposed != nullptr && transposed->filter_layout == FilterLayout::kIohw) f.out *= transposed->groups;
    if (is_constant(2) && count(2) != f.out) return misfit("the bias does not have one value for each output channel");
  }
  if (node.op == Op::kMatMul && is_constant(1) && is_constant(2) && dims(1).size() == 2) {
    const std::size_t columns = std::get<MatMulAttributes>(node.attributes).filter_transposed ? 0 : 1;
    const std::int64_t bias = count(2);
    if (bias != 1 && bias != dims(1)[columns]) return misfit("the bias does not have one value for each column");
  }
  if (node.op == Op::kBatchNorm) {
    for (std::size_t i = 1; i < 5; ++i) {
      if (is_constant(i) && is_constant(1) && count(i) != count(1)) return misfit("its four vectors differ in length");
    }
  }
  return {};
}

// Each value is written once, and before it is read.
Status check_order(const Node& node, std::vector<bool>& written) {
  const auto values = static_cast<ValueId>(written.size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const ValueId id = node.inputs[i];
    if (id == kNoValue && (node.op == Op::kForeign || i >= 2)) continue;
    if (id < 0 || id >= values) return node_error(StatusCode::kInvalidArgument, node, "input %zu is value %d", i, id);
    if (!written[index(id)]) {
      return node_error(StatusCode::kInvalidArgument, node, "input %zu, value %d, has not been written", i, id);
    }
  }
  for (const ValueId id : node.outputs) {
    if (id == kNoValue && (node.op == Op::kForeign || node.op == Op::kSplit)) continue;
    if (id < 0 || id >= values) return node_error(StatusCode::kInvalidArgument, node, "an output is value %d", id);
    if (written[index(id)]) return node_error(StatusCode::kInvalidArgument, node, "value %d is written twice", id);
    written[index(id)] = true;
  }
  return {};
}

}  // namespace

Status check(const Graph& graph, const Node& node) {
  const Signature s = signature(node.op);
  if (node.inputs.size() < s.least_inputs || node.inputs.size() > s.most_inputs) {
    return node_error(StatusCode::kInvalidArgument, node, "%zu inputs", node.inputs.size());
  }
  if (node.outputs.size() < s.least_outputs || node.outputs.size() > s.most_outputs) {
    return node_error(StatusCode::kInvalidArgument, node, "%zu outputs", node.outputs.size());
  }
  if (node.op == Op::kForeign) return {};
  if (node.attributes.index() != s.attributes) {
    return node_error(StatusCode::kInvalidArgument, node, "attributes of another operator");
  }
  for (std::size_t i = 0; i < node.inputs.size() && i < 2; ++i) {
    if (node.inputs[i] == kNoValue) return node_error(StatusCode::kInvalidArgument, node, "input %zu is missing", i);
  }
  if (node.op == Op::kQuantize || node.op == Op::kDequantize) return check_quantization(graph, node);
  const Status status = check_attributes(node);
  return status.ok() ? check_constants(graph, node) : status;
}

Status check(const Graph& graph) {
  std::vector<bool> written(graph.values.size(), false);
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const Status status = check_value(graph.values[i], i);
    if (!status.ok()) return status;
    written[i] = graph.values[i].constant;
  }
  const auto values = static_cast<ValueId>(graph.values.size());
  for (const ValueId id : graph.inputs) {
    if (id < 0 || id >= values || written[index(id)]) {
      return error(StatusCode::kInvalidArgument, "value %d cannot be an input of the graph", id);
    }
    written[index(id)] = true;
  }
  for (const Node& node : graph.nodes) {
    const Status order = check_order(node, written);
    if (!order.ok()) return order;
    const Status status = check(graph, node);
    if (!status.ok()) return status;
  }
  for (const ValueId id : graph.outputs) {
    if (id < 0 || id >= values || !written[index(id)]) {
      return error(StatusCode::kInvalidArgument, "the graph's output, value %d, is not written", id);
    }
  }
  return {};
}

}  // namespace tandem::graph
