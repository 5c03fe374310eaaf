#include "engines/onnxruntime/reader.hpp"

#include <optional>
#include <utility>

#include "engines/graph/error.hpp"
#include "engines/graph/infer.hpp"
#include "engines/onnxruntime/operators.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::graph::Dims;
using tandem::graph::ElementType;
using tandem::graph::kNoValue;
using tandem::graph::kUnknown;
using tandem::graph::Op;
using tandem::graph::ReshapeAttributes;
using tandem::graph::Value;
using tandem::graph::ValueId;

// Integers of this many elements are read: shapes, axes, limits and biases are smaller.
constexpr std::size_t kMostIntegers = 1U << 16U;

ElementType element_type(ONNXTensorElementDataType type) noexcept {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return ElementType::kF32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return ElementType::kU8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
      return ElementType::kS8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
      return ElementType::kInteger;
    default:
      return ElementType::kOther;
  }
}

// Elements of a constant: views of floats and bytes, copies of integers.
void read_elements(const Ort::ConstValue& tensor, Value& value) {
  const auto info = tensor.GetTensorTypeAndShapeInfo();
  const std::size_t count = info.GetElementCount();
  value.dims = info.GetShape();
  value.rank_known = true;
  if (value.type == ElementType::kF32) {
    value.data.floats = tensor.GetTensorData<float>();
  } else if (tandem::graph::is_byte(value.type)) {
    value.data.bytes = tensor.GetTensorRawData();
  } else if (value.type == ElementType::kInteger && count <= kMostIntegers) {
    if (info.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64) {
      const auto* elements = tensor.GetTensorData<std::int64_t>();
      value.data.integers.assign(elements, elements + count);
    } else {
      const auto* elements = tensor.GetTensorData<std::int32_t>();
      value.data.integers.assign(elements, elements + count);
    }
  } else {
    value.type = ElementType::kOther;
  }
}

Value read_value(const Ort::ConstValueInfo& info) {
  Value value;
  value.name = info.GetName();
  value.type = ElementType::kOther;
  value.rank_known = false;
  const Ort::ConstTypeInfo type = info.TypeInfo();
  if (type == nullptr || type.GetONNXType() != ONNX_TYPE_TENSOR) return value;
  const auto tensor = type.GetTensorTypeAndShapeInfo();
  value.type = element_type(tensor.GetElementType());
  for (const std::int64_t size : tensor.GetShape()) value.dims.push_back(size < 0 ? kUnknown : size);
  // ONNX Runtime says of an unknown shape what it says of a scalar: no axes.
  value.rank_known = !value.dims.empty();
  if (info.IsConstantInitializer()) {
    Ort::ConstValue elements;
    Ort::ThrowOnError(info.GetInitializer(elements));
    if (elements != nullptr) {
      read_elements(elements, value);
      value.constant = value.type != ElementType::kOther;
    }
  }
  return value;
}

class Reader {
 public:
  explicit Reader(const KnownDims& known) : known_(known) {}

  void read_nodes(const Ort::ConstGraph& graph) {
    for (const Ort::ConstNode& node : graph.GetNodes()) read_node(node);
  }

  // The value of that name. One that no node has written yet, and that is not constant, is an input of the graph.
  ValueId read(const Ort::ConstValueInfo& info) {
    if (info == nullptr || info.GetName().empty()) return kNoValue;
    const auto [position, is_new] = ids_.try_emplace(info.GetName(), kNoValue);
    if (is_new) {
      position->second = add_value(info);
      if (!network_.graph.values.back().constant) network_.graph.inputs.push_back(position->second);
    }
    return position->second;
  }

  void add_output(const Ort::ConstValueInfo& info) { network_.graph.outputs.push_back(read(info)); }

  Network take() { return std::move(network_); }

 private:
  void read_node(const Ort::ConstNode& node) {
    std::vector<ValueId> inputs, outputs;
    for (const auto& input : node.GetInputs()) inputs.push_back(read(input));
    for (const auto& output : node.GetOutputs()) outputs.push_back(write(output));
    HostNode host{node, node.GetName(), node.GetOperatorType(), {}};
    // Optional outputs at the end do not count, but the parts of a Split do.
    while (host.operator_type != "Split" && !outputs.empty() && outputs.back() == kNoValue) outputs.pop_back();
    Translation translation = read_operator(node, host.operator_type, inputs, outputs);
    if (translation.op == Op::kForeign) {
      translation.inputs = inputs;
      for (const auto& input : node.GetImplicitInputs()) translation.inputs.push_back(read(input));
    }
    if (translation.dims) learn(outputs.front(), *translation.dims);
    host.reason = std::move(translation.reason);
    const std::string name = host.name.empty() ? host.operator_type : host.name;
    for (std::size_t i = 0; i < translation.dequantize.size(); ++i) {
      ValueId& input = translation.inputs[i];
      const ValueId reals = add_reals(input, network_.graph.values[static_cast<std::size_t>(outputs[0])].name, i);
      add_node(Op::kDequantize, name, {input}, {reals}, std::move(translation.dequantize[i]));
      input = reals;
    }
    const std::vector<ValueId> bytes = outputs;
    if (translation.quantize)
      outputs = {add_reals(kNoValue, network_.graph.values[static_cast<std::size_t>(bytes[0])].name,
                           translation.inputs.size())};
    const ValueId real = outputs.empty() ? kNoValue : outputs[0];
    if (translation.lines) {
      add_lines(translation, name, outputs[0]);
    } else {
      add_node(translation.op, name, std::move(translation.inputs), std::move(outputs),
               std::move(translation.attributes));
    }
    if (translation.quantize) add_node(Op::kQuantize, name, {real}, bytes, std::move(*translation.quantize));
    network_.nodes.push_back(std::move(host));
  }

  // The operator between a Reshape of its input to images of one row, and a Reshape of what it writes to lines.
  void add_lines(Translation& translation, const std::string& name, ValueId output) {
    auto& graph = network_.graph;
    const std::string line = graph.values[static_cast<std::size_t>(output)].name;
    const auto add_image = [&](const char* of) {
      Value image;
      image.name = line + of;
      image.rank_known = false;
      return graph.add(std::move(image));
    };
    const auto length = [&](ValueId id) {
      const Value& value = graph.values[static_cast<std::size_t>(id)];
      return tandem::graph::reshape_size(value.rank_known ? value.dims.back() : kUnknown);
    };
    auto& inputs = translation.inputs;
    const ValueId from = add_image("/image read"), to = add_image("/image");
    add_node(Op::kReshape, name, {inputs[0]}, {from}, ReshapeAttributes{true, {0, 0, 1, length(inputs[0])}});
    inputs[0] = from;
    if (translation.op == Op::kConv || translation.op == Op::kConvTranspose) {
      const Value filter = graph.values[static_cast<std::size_t>(inputs[1])];
      inputs[1] = graph.borrowed(filter.name + "/image", {filter.dims[0], filter.dims[1], 1, filter.dims[2]},
                                 filter.data.floats);
    }
    add_node(translation.op, name, std::move(inputs), {to}, std::move(translation.attributes));
    add_node(Op::kReshape, name, {to}, {output}, ReshapeAttributes{true, {0, 0, length(to)}});
  }

  // A value of floats within an operator on 8 bits: like a value, or of unknown size.
  ValueId add_reals(ValueId like, const std::string& name, std::size_t number) {
    Value value;
    value.name = name + "/reals " + std::to_string(number);
    value.rank_known = like != kNoValue && network_.graph.values[static_cast<std::size_t>(like)].rank_known;
    if (value.rank_known) value.dims = network_.graph.values[static_cast<std::size_t>(like)].dims;
    return network_.graph.add(std::move(value));
  }

  void add_node(Op op, const std::string& name, std::vector<ValueId> inputs, std::vector<ValueId> outputs,
                tandem::graph::Attributes attributes) {
    infer_outputs(network_.graph.node(op, name, std::move(inputs), std::move(outputs), std::move(attributes),
                                      static_cast<std::int32_t>(network_.nodes.size())));
  }

  // An operator with attributes or constants that Tandem does not understand stays with ONNX Runtime.
  Translation read_operator(const Ort::ConstNode& node, const std::string& type, const std::vector<ValueId>& inputs,
                            const std::vector<ValueId>& outputs) {
    try {
      const NodeReader reader(node, inputs, outputs, network_.graph);
      Translation made = translate(node.GetDomain(), type, reader);
      if (made.op == Op::kForeign) return made;
      if (const std::string unknown = reader.unknown_attribute(); !unknown.empty()) {
        return foreign("its attribute " + unknown + " is not known");
      }
      const tandem::graph::Node own{made.op, type, made.inputs, outputs, made.attributes, {}};
      const tandem::Status good = tandem::graph::check(network_.graph, own);
      return good.ok() ? made : foreign(tandem::graph::clause_of(good));
    } catch (const std::exception& e) {
      return foreign(e.what());
    }
  }

  // ONNX Runtime loses track of shapes behind one that is computed, and the translation of later nodes may need them.
  void infer_outputs(const tandem::graph::Node& node) {
    const auto& values = network_.graph.values;
    for (std::size_t i = dims_.size(); i < values.size(); ++i) {
      dims_.push_back(values[i].rank_known ? std::optional(values[i].dims) : std::nullopt);
    }
    if (!tandem::graph::infer(network_.graph, node, dims_).ok()) return;  // a misfit is for the passes to find
    for (const ValueId id : node.outputs) {
      if (id != kNoValue && dims_[static_cast<std::size_t>(id)]) learn(id, *dims_[static_cast<std::size_t>(id)]);
    }
  }

  void learn(ValueId id, const Dims& dims) {
    Value& value = network_.graph.values[static_cast<std::size_t>(id)];
    if (value.rank_known) return;
    value.dims = dims;
    value.rank_known = true;
  }

  ValueId write(const Ort::ConstValueInfo& info) {
    if (info == nullptr || info.GetName().empty()) return kNoValue;
    const ValueId id = add_value(info);
    ids_[info.GetName()] = id;
    return id;
  }

  ValueId add_value(const Ort::ConstValueInfo& info) {
    Value value = read_value(info);
    if (const auto found = known_.find(value.name); !value.constant && found != known_.end()) {
      value.dims = found->second;
      value.rank_known = true;
    }
    return network_.graph.add(std::move(value));
  }

  const KnownDims& known_;
  Network network_;
  std::unordered_map<std::string, ValueId> ids_;
  tandem::graph::AllDims dims_;  // of the values up to the last node
};

}  // namespace

const tandem::graph::Node& first_of(const Network& network, std::int32_t source) {
  const auto& nodes = network.graph.nodes;
  return *std::find_if(nodes.begin(), nodes.end(), [&](const auto& node) { return node.sources.front() == source; });
}

Network read_network(const OrtGraph* graph) {
  const Ort::ConstGraph host{graph};
  const KnownDims nothing;
  Reader reader(nothing);
  reader.read_nodes(host);
  for (const auto& output : host.GetOutputs()) reader.add_output(output);
  return reader.take();
}

Network read_group(const OrtGraph* graph, const OrtNode* fused, const KnownDims& known) {
  const Ort::ConstNode host{fused};
  Reader reader(known);
  for (const auto& input : host.GetInputs()) reader.read(input);
  reader.read_nodes(Ort::ConstGraph{graph});
  for (const auto& output : host.GetOutputs()) reader.add_output(output);
  return reader.take();
}

}  // namespace tandem_onnxruntime
