// Building a Graph: what readers and tests call.
#include "engines/graph/graph.hpp"

#include <utility>

namespace tandem::graph {
namespace {

template <class T>
std::shared_ptr<const std::vector<T>> share(std::vector<T> elements) {
  return std::make_shared<const std::vector<T>>(std::move(elements));
}

}  // namespace

ValueId Graph::add(Value value) {
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size()) - 1;
}

ValueId Graph::tensor(std::string name, Dims dims, ElementType type) {
  Value value;
  value.name = std::move(name);
  value.dims = std::move(dims);
  value.type = type;
  return add(std::move(value));
}

ValueId Graph::constant(std::string name, Dims dims, std::vector<float> elements) {
  const auto shared = share(std::move(elements));
  return borrowed(std::move(name), std::move(dims), shared->data(), shared);
}

ValueId Graph::integers(std::string name, Dims dims, std::vector<std::int64_t> elements) {
  Value value;
  value.name = std::move(name);
  value.dims = std::move(dims);
  value.type = ElementType::kInteger;
  value.constant = true;
  value.data.integers = std::move(elements);
  return add(std::move(value));
}

ValueId Graph::borrowed(std::string name, Dims dims, const float* elements, std::shared_ptr<const void> owner) {
  Value value;
  value.name = std::move(name);
  value.dims = std::move(dims);
  value.constant = true;
  value.data.floats = elements;
  value.data.owner = std::move(owner);
  return add(std::move(value));
}

ValueId Graph::borrowed_bytes(std::string name, Dims dims, ElementType type, const void* elements,
                              std::shared_ptr<const void> owner) {
  Value value;
  value.name = std::move(name);
  value.dims = std::move(dims);
  value.type = type;
  value.constant = true;
  value.data.bytes = elements;
  value.data.owner = std::move(owner);
  return add(std::move(value));
}

ValueId Graph::bytes(std::string name, Dims dims, std::vector<std::int8_t> elements) {
  const auto shared = share(std::move(elements));
  return borrowed_bytes(std::move(name), std::move(dims), ElementType::kS8, shared->data(), shared);
}

std::int64_t integer_at(const Value& constant, std::size_t i) noexcept {
  switch (constant.type) {
    case ElementType::kU8:
      return static_cast<const std::uint8_t*>(constant.data.bytes)[i];
    case ElementType::kS8:
      return static_cast<const std::int8_t*>(constant.data.bytes)[i];
    default:
      return constant.data.integers[i];
  }
}

Node& Graph::node(Op op, std::string name, std::vector<ValueId> reads, std::vector<ValueId> writes,
                  Attributes attributes, std::int32_t source) {
  Node node;
  node.op = op;
  node.name = std::move(name);
  node.inputs = std::move(reads);
  node.outputs = std::move(writes);
  node.attributes = std::move(attributes);
  if (source >= 0) node.sources.push_back(source);
  nodes.push_back(std::move(node));
  return nodes.back();
}

const char* to_string(Op op) noexcept {
  switch (op) {
    case Op::kForeign:
      return "Foreign";
    case Op::kConv:
      return "Conv";
    case Op::kConvTranspose:
      return "ConvTranspose";
    case Op::kBatchNorm:
      return "BatchNorm";
    case Op::kMaxPool:
      return "MaxPool";
    case Op::kAveragePool:
      return "AveragePool";
    case Op::kResize:
      return "Resize";
    case Op::kDepthToSpace:
      return "DepthToSpace";
    case Op::kSpaceToDepth:
      return "SpaceToDepth";
    case Op::kMatMul:
      return "MatMul";
    case Op::kActivation:
      return "Activation";
    case Op::kPrelu:
      return "Prelu";
    case Op::kGelu:
      return "Gelu";
    case Op::kAdd:
      return "Add";
    case Op::kSub:
      return "Sub";
    case Op::kMul:
      return "Mul";
    case Op::kDiv:
      return "Div";
    case Op::kMin:
      return "Min";
    case Op::kMax:
      return "Max";
    case Op::kPow:
      return "Pow";
    case Op::kSqrt:
      return "Sqrt";
    case Op::kErf:
      return "Erf";
    case Op::kReduceMean:
      return "ReduceMean";
    case Op::kSoftmax:
      return "Softmax";
    case Op::kConcat:
      return "Concat";
    case Op::kSplit:
      return "Split";
    case Op::kSlice:
      return "Slice";
    case Op::kPad:
      return "Pad";
    case Op::kReshape:
      return "Reshape";
    case Op::kTranspose:
      return "Transpose";
    case Op::kIdentity:
      return "Identity";
    case Op::kQuantize:
      return "Quantize";
    case Op::kDequantize:
      return "Dequantize";
    case Op::kShape:
      return "Shape";
    case Op::kGather:
      return "Gather";
    case Op::kCast:
      return "Cast";
    case Op::kTable:
      return "Table";
    case Op::kSqueezeExcite:
      return "SqueezeExcite";
    case Op::kSeparable:
      return "Separable";
    case Op::kInvertedResidual:
      return "InvertedResidual";
  }
  return "unknown";
}

}  // namespace tandem::graph
