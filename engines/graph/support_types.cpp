#include "engines/graph/support_types.hpp"

#include <algorithm>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/lower.hpp"

namespace tandem::graph {
namespace {

// What an operator may do with tensors of 8 bits.
enum class Bytes {
  kNone,      // nothing: fp32 alone
  kMoved,     // all stay as they are, so that scales do not matter
  kComputed,  // each tensor has a scale
  kWeighted,  // x has a scale, the weights are constants of 8 bits, and the output is of the same type or fp32
};

Bytes bytes(const Node& node) {
  switch (node.op) {
    case Op::kConv:
    case Op::kConvTranspose:
    case Op::kMatMul:
    case Op::kSeparable:
    case Op::kInvertedResidual:
      return Bytes::kWeighted;
    case Op::kMaxPool:
    case Op::kDepthToSpace:
    case Op::kSpaceToDepth:
    case Op::kConcat:
    case Op::kSplit:
    case Op::kSlice:
    case Op::kReshape:
    case Op::kTranspose:
    case Op::kIdentity:
      return Bytes::kMoved;
    case Op::kResize:
      return std::get<ResizeAttributes>(node.attributes).mode == ResizeMode::kNearest ? Bytes::kMoved : Bytes::kNone;
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kMin:
    case Op::kMax:
    case Op::kActivation:
    case Op::kTable:
    case Op::kAveragePool:
    case Op::kReduceMean:
      return Bytes::kComputed;
    default:
      return Bytes::kNone;
  }
}

std::string quantisation(const Graph& graph, const Node& node) {
  const bool to_bytes = node.op == Op::kQuantize;
  const Value& from = graph.values[index(node.inputs[0])];
  const Value& to = graph.values[index(node.outputs[0])];
  if (from.constant) return "it reads constants alone, which the engine may fold";
  const bool good = to_bytes ? from.type == ElementType::kF32 && is_byte(to.type)
                             : is_byte(from.type) && to.type == ElementType::kF32;
  if (!good) return "it is not between fp32 and 8 bits";
  return std::get<QuantizeAttributes>(node.attributes).scales.size() == 1 ? "" : "it has several scales";
}

// create() proves that no sum can overflow.
std::string not_created(const Graph& graph, const Node& node) {
  const Result<Operator> created = create_operator(graph, node);
  return created.ok() ? "" : clause_of(created.status());
}

// Whether one of two inputs is as large as the output; unknown sizes will tell before the run.
bool repeats_one_alone(const Graph& graph, const Node& node) {
  const Value& y = graph.values[index(node.outputs[0])];
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) {
    const Value& x = graph.values[index(id)];
    return !x.rank_known || !y.rank_known || x.dims == y.dims;
  });
}

std::string of_bytes(const Graph& graph, const Node& node, ElementType type) {
  const auto value = [&](ValueId id) -> const Value& { return graph.values[index(id)]; };
  const Bytes kind = bytes(node);
  const auto fits = [&](ValueId id) {
    return id == kNoValue || (value(id).type == type && (kind == Bytes::kMoved || value(id).scales.size() == 1));
  };
  if (kind == Bytes::kNone) return "Tandem has no such operator on 8 bits";
  if (kind == Bytes::kWeighted) {
    if (!fits(node.inputs[0])) return "the scale of its input is not known";
    if (value(node.outputs[0]).type != ElementType::kF32 && !fits(node.outputs[0])) {
      return "its output is of another type than its input";
    }
    const bool block = node.op == Op::kSeparable || node.op == Op::kInvertedResidual;
    return block ? not_created(graph, node) : "";
  }
  if (!std::all_of(node.inputs.begin(), node.inputs.end(), fits) ||
      !std::all_of(node.outputs.begin(), node.outputs.end(), fits)) {
    return "its tensors differ in type, or their scales are not known";
  }
  const auto is_constant = [&](ValueId id) { return id != kNoValue && value(id).constant; };
  if (std::any_of(node.inputs.begin(), node.inputs.end(), is_constant)) return "it has a constant of 8 bits";
  if (node.op >= Op::kAdd && node.op <= Op::kMax && !repeats_one_alone(graph, node)) {
    return "both of its inputs are smaller than its output";
  }
  return {};
}

}  // namespace

std::string wrong_types(const Graph& graph, const Node& node) {
  if (node.op == Op::kQuantize || node.op == Op::kDequantize) return quantisation(graph, node);
  const auto type = [&](ValueId id) { return graph.values[index(id)].type; };
  if (node.op == Op::kForeign) return {};
  for (const ValueId id : node.inputs) {
    // A filter of 8 bits under an input of fp32 is for kConv's row to find.
    if (id != kNoValue && is_byte(type(id))) return of_bytes(graph, node, type(id));
  }
  for (const ValueId id : node.outputs) {
    if (id != kNoValue && type(id) != ElementType::kF32) return "its output is not fp32";
  }
  for (const ValueId id : node.inputs) {
    if (id != kNoValue && type(id) != ElementType::kF32) return "an input is not fp32";
  }
  return {};
}

std::string wrong_sums(const Graph& graph, const Node& node, const AllDims& dims) {
  if ((node.op != Op::kAveragePool && node.op != Op::kReduceMean) || !is_quantised(graph, node)) return {};
  const auto& x = dims[index(node.inputs[0])];
  if (!x) return {};
  Shape shape = image_shape(*x, graph.layout);
  if (shape.h == kUnknown || shape.w == kUnknown) return {};
  shape.n = shape.c = 1;  // any number has the same sums
  const Result<Operator> created = create_pool(graph, node, shape.c);
  const Status status = created.ok() ? created->output_shape(shape).status() : created.status();
  return status.ok() ? "" : status.message();
}

std::string wrong_weights(const Graph& graph, const Node& node) {
  const auto is_constant = [&](std::size_t i) {
    return i >= node.inputs.size() || node.inputs[i] == kNoValue || graph.values[index(node.inputs[i])].constant;
  };
  const Value& filter = graph.values[index(node.inputs[1])];
  if (!is_constant(1) || !is_constant(2) || !is_byte(filter.type)) return "its weights are not constants of 8 bits";
  if (filter.dims.size() != (node.op == Op::kMatMul ? 2 : 4)) return {};  // the operator's row says so
  return not_created(graph, node);
}

}  // namespace tandem::graph
