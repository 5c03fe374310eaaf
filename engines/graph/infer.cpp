// The sizes of values, operator by operator, as ONNX and TFLite define them.
#include "engines/graph/inference.hpp"

namespace tandem::graph {

Result<Outputs> Inference::outputs() {
  if (node_.op == Op::kReshape && !std::get<ReshapeAttributes>(node_.attributes).known) return one(computed_shape());
  const Dims* x = input(0);
  if (x == nullptr) return Outputs(node_.outputs.size());
  x_ = *x;
  return of_op();
}

Result<Outputs> Inference::of_op() const {
  switch (node_.op) {
    case Op::kConv:
      return conv();
    case Op::kConvTranspose:
      return conv_transpose();
    case Op::kMaxPool:
    case Op::kAveragePool:
      return pool();
    case Op::kResize:
      return resize();
    case Op::kDepthToSpace:
    case Op::kSpaceToDepth:
      return blocks();
    case Op::kBatchNorm:
    case Op::kActivation:
    case Op::kGelu:
    case Op::kSqrt:
    case Op::kErf:
    case Op::kSoftmax:
    case Op::kIdentity:
    case Op::kCast:
    case Op::kQuantize:
    case Op::kDequantize:
    case Op::kTable:
    case Op::kSqueezeExcite:
      return one(x_);
    case Op::kPrelu:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMin:
    case Op::kMax:
    case Op::kPow: {
      const Dims* b = input(1);
      if (b == nullptr) return Outputs(1);
      auto y = broadcast(x_, *b);
      if (!y) return misfit("the sizes of the two inputs do not fit each other");
      return one(std::move(y));
    }
    case Op::kMatMul:
      return matmul();
    case Op::kReduceMean:
      return reduce();
    case Op::kConcat:
      return concat();
    case Op::kSplit:
      return split();
    case Op::kSlice:
      return slice();
    case Op::kPad:
      return pad();
    case Op::kTranspose:
      return transpose();
    case Op::kReshape:
      return reshape();
    case Op::kShape:
      return one(Dims{static_cast<std::int64_t>(x_.size())});
    case Op::kSeparable:
    case Op::kInvertedResidual:
      return block_of_convs();
    case Op::kGather:
      return gather();
    case Op::kForeign:
      break;
  }
  return Outputs(node_.outputs.size());
}

Status infer(const Graph& graph, const Node& node, AllDims& dims) {
  Result<Outputs> outputs = Inference(graph, node, dims).outputs();
  if (!outputs.ok()) return outputs.status();
  for (std::size_t i = 0; i < node.outputs.size() && i < outputs->size(); ++i) {
    if (node.outputs[i] == kNoValue || !(*outputs)[i]) continue;
    dims[static_cast<std::size_t>(node.outputs[i])] = std::move((*outputs)[i]);
  }
  return {};
}

void infer_if_it_fits(const Graph& graph, const Node& node, AllDims& dims) {
  if (!infer(graph, node, dims).ok()) return;
  for (const ValueId id : node.outputs) {  // the engine may know more
    if (id == kNoValue) continue;
    auto& now = dims[static_cast<std::size_t>(id)];
    const Value& engine = graph.values[static_cast<std::size_t>(id)];
    if (!now || !engine.rank_known || now->size() != engine.dims.size()) continue;
    for (std::size_t i = 0; i < now->size(); ++i) {
      if ((*now)[i] == kUnknown) (*now)[i] = engine.dims[i];
    }
  }
}

Status check_dims(const Graph& graph, const Node& node, const AllDims& dims) {
  const Result<Outputs> outputs = Inference(graph, node, dims).outputs();
  if (!outputs.ok()) return outputs.status();
  for (std::size_t i = 0; i < node.outputs.size() && i < outputs->size(); ++i) {
    if (node.outputs[i] == kNoValue || !(*outputs)[i]) continue;
    const Dims& own = *(*outputs)[i];
    const Value& engine = graph.values[static_cast<std::size_t>(node.outputs[i])];
    if (!engine.rank_known) continue;
    bool same = own.size() == engine.dims.size();
    for (std::size_t d = 0; same && d < own.size(); ++d) {
      same = own[d] == engine.dims[d] || own[d] == kUnknown || engine.dims[d] == kUnknown;
    }
    if (!same) return node_error(StatusCode::kInvalidArgument, node, "the engine expects other sizes of its output");
  }
  return {};
}

namespace {

AllDims known_dims(const Graph& graph) {
  AllDims dims(graph.values.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (graph.values[i].rank_known) dims[i] = graph.values[i].dims;
  }
  return dims;
}

AllDims known_dims(const Graph& graph, const std::vector<std::optional<Dims>>& inputs) {
  AllDims dims = known_dims(graph);
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) dims[static_cast<std::size_t>(graph.inputs[i])] = inputs[i];
  return dims;
}

AllDims infer_what_fits(const Graph& graph, AllDims dims) {
  for (const Node& node : graph.nodes) infer_if_it_fits(graph, node, dims);
  return dims;
}

}  // namespace

Result<AllDims> infer(const Graph& graph, const std::vector<std::optional<Dims>>& inputs) {
  AllDims dims = known_dims(graph, inputs);
  for (const Node& node : graph.nodes) {
    const Status status = infer(graph, node, dims);
    if (!status.ok()) return status;
  }
  return dims;
}

AllDims infer_what_is_known(const Graph& graph) { return infer_what_fits(graph, known_dims(graph)); }

AllDims infer_what_is_known(const Graph& graph, const std::vector<std::optional<Dims>>& inputs) {
  return infer_what_fits(graph, known_dims(graph, inputs));
}

}  // namespace tandem::graph
