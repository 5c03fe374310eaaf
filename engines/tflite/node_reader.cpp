#include "engines/tflite/node_reader.hpp"

#include <algorithm>
#include <utility>

#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {

using tandem::Activation;
using tandem::graph::Dims;
using tandem::graph::ElementType;
using tandem::graph::kNoValue;
using tandem::graph::Op;
using tandem::graph::ValueId;

ValueId Values::operator[](int tensor) {
  if (!has_tensor(context_, tensor)) return kNoValue;
  if (const auto known = ids_.find(tensor); known != ids_.end()) return known->second;
  return ids_[tensor] = add(tensor);
}

ValueId Values::add(int index) {
  const TfLiteTensor& tensor = context_.tensors[index];
  const std::string name = name_of(tensor);
  Dims dims = dims_of(tensor);
  if (constants_.is_constant(index)) {
    if (const Constants::Floats floats = constants_.floats(index); floats.data != nullptr) {
      return graph_.borrowed(name, dims, floats.data, floats.owner);
    }
    if (auto integers = constants_.integers(index)) return graph_.integers(name, dims, *std::move(integers));
    return graph_.tensor(name, dims, ElementType::kOther);
  }
  if (open_ && !dims.empty()) std::fill(dims.begin(), dims.end() - 1, tandem::graph::kUnknown);
  ElementType type = ElementType::kOther;
  if (tensor.is_variable) {  // it keeps its elements from run to run
  } else if (tensor.type == kTfLiteFloat32) {
    type = ElementType::kF32;
  } else if (tensor.type == kTfLiteInt32 || tensor.type == kTfLiteInt64) {
    type = ElementType::kInteger;
  }
  return graph_.tensor(name, dims, type);
}

NodeReader::NodeReader(const TfLiteContext& context, const ModelNode& node, Constants& constants, Values& values,
                       tandem::graph::Graph& graph)
    : context_(context),
      node_(node),
      constants_(constants),
      values_(values),
      graph_(graph),
      name_(name_of(context, node.node)) {}

std::size_t NodeReader::inputs() const noexcept { return view(node_.node.inputs).size(); }
std::size_t NodeReader::outputs() const noexcept { return view(node_.node.outputs).size(); }

int NodeReader::input_tensor(std::size_t i) const noexcept { return i < inputs() ? node_.node.inputs->data[i] : -1; }

ValueId NodeReader::input(std::size_t i) const { return values_[input_tensor(i)]; }
ValueId NodeReader::output(std::size_t i) const {
  return i < outputs() ? values_[node_.node.outputs->data[i]] : kNoValue;
}

const Dims& NodeReader::dims(std::size_t i) const {
  const ValueId id = input(i);
  if (id == kNoValue) throw Unsupported{"it has no input " + std::to_string(i)};
  return graph_.values[static_cast<std::size_t>(id)].dims;
}

std::vector<std::int64_t> NodeReader::integers(std::size_t i, const char* what) const {
  auto integers = constants_.integers(input_tensor(i));
  if (!integers) throw Unsupported{std::string("its ") + what + " is not constant"};
  return *std::move(integers);
}

float NodeReader::number(std::size_t i, const char* what) const {
  const Constants::Floats floats = constants_.floats(input_tensor(i));
  if (floats.data == nullptr || element_count(context_.tensors[input_tensor(i)]) != 1) {
    throw Unsupported{std::string("its ") + what + " is not a constant number"};
  }
  return *floats.data;
}

void NodeReader::write(Op op, std::vector<ValueId> reads, tandem::graph::Attributes attributes,
                       TfLiteFusedActivation activation) const {
  std::vector<ValueId> writes;
  for (std::size_t i = 0; i < outputs(); ++i) writes.push_back(output(i));
  if (activation != kTfLiteActNone) {
    const Activation function = activation_of(activation);
    const Dims dims = graph_.values[static_cast<std::size_t>(writes.at(0))].dims;
    reads = {step(op, std::move(reads), dims, std::move(attributes))};
    op = Op::kActivation;
    attributes = function;
  }
  graph_.node(op, name_, std::move(reads), std::move(writes), std::move(attributes), node_.index);
}

ValueId NodeReader::step(Op op, std::vector<ValueId> reads, Dims dims, tandem::graph::Attributes attributes) const {
  const ValueId between = graph_.tensor(name_, std::move(dims));
  graph_.node(op, name_, std::move(reads), {between}, std::move(attributes), node_.index);
  return between;
}

Activation activation_of(TfLiteFusedActivation activation) {
  switch (activation) {
    case kTfLiteActNone:
      return Activation::none();
    case kTfLiteActRelu:
      return Activation::relu();
    case kTfLiteActReluN1To1:
      return Activation::clamp(-1.0F, 1.0F);
    case kTfLiteActRelu6:
      return Activation::relu6();
    case kTfLiteActTanh:
      return Activation::tanh();
    case kTfLiteActSigmoid:
      return Activation::sigmoid();
    case kTfLiteActSignBit:
      break;
  }
  throw Unsupported{"its activation has the number " + std::to_string(static_cast<int>(activation))};
}

Dims dims_of(const TfLiteTensor& tensor) {
  const std::span<const int> sizes = view(tensor.dims), signature = view(tensor.dims_signature);
  Dims dims(sizes.begin(), sizes.end());
  if (signature.size() != dims.size()) return dims;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (signature[i] == -1) dims[i] = tandem::graph::kUnknown;
  }
  return dims;
}

std::string name_of(const TfLiteContext& context, const TfLiteNode& node) {
  const std::span<const int> outputs = view(node.outputs);
  return outputs.empty() || !has_tensor(context, outputs[0]) ? "" : name_of(context.tensors[outputs[0]]);
}

}  // namespace tandem_tflite
