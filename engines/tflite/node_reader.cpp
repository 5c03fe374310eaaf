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
using tandem::graph::QuantizeAttributes;
using tandem::graph::ValueId;

ValueId Values::operator[](int tensor) {
  if (!has_tensor(context_, tensor)) return kNoValue;
  if (const auto known = ids_.find(tensor); known != ids_.end()) return known->second;
  return ids_[tensor] = add(tensor);
}

namespace {

ElementType byte_type(const TfLiteTensor& tensor) noexcept {
  return tensor.type == kTfLiteInt8    ? ElementType::kS8
         : tensor.type == kTfLiteUInt8 ? ElementType::kU8
                                       : ElementType::kOther;
}

// How a tensor's integers stand for real numbers; no scales if it does not say so.
QuantizeAttributes quantisation(const TfLiteTensor& tensor) {
  QuantizeAttributes a;
  if (tensor.quantization.type != kTfLiteAffineQuantization || tensor.quantization.params == nullptr) return a;
  const auto& affine = *static_cast<const TfLiteAffineQuantization*>(tensor.quantization.params);
  if (affine.scale == nullptr || affine.zero_point == nullptr) return a;
  const std::span<const int> zeros = view(affine.zero_point);
  if (zeros.empty() || std::any_of(zeros.begin(), zeros.end(), [&](int zero) { return zero != zeros[0]; })) return a;
  a.scales.assign(affine.scale->data, affine.scale->data + affine.scale->size);
  a.zero_point = zeros[0];
  a.axis = affine.quantized_dimension;
  return a;
}

}  // namespace

ValueId Values::add(int index) {
  const TfLiteTensor& tensor = context_.tensors[index];
  const std::string name = name_of(tensor);
  Dims dims = dims_of(tensor);
  if (constants_.is_constant(index)) {
    if (const Constants::Floats floats = constants_.floats(index); floats.data != nullptr) {
      return graph_.borrowed(name, dims, floats.data, floats.owner);
    }
    if (const Constants::Elements bytes = constants_.bytes(index); bytes.data != nullptr) {
      return graph_.borrowed_bytes(name, dims, byte_type(tensor), bytes.data, bytes.owner);
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
  } else {
    type = byte_type(tensor);
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

ValueId NodeReader::input(std::size_t i) const {
  const int tensor = input_tensor(i);
  const ValueId id = values_[tensor];
  if (id == kNoValue) return id;
  const bool bias = value(id).type == ElementType::kInteger && value(id).constant;
  if (!is_byte(value(id).type) && !bias) return id;
  if (const auto known = dequantized_.find(tensor); known != dequantized_.end()) return known->second;
  QuantizeAttributes a = quantisation(context_.tensors[tensor]);
  if (a.scales.empty()) {
    if (bias) return id;
    throw Unsupported{"an input of 8 bits has no scale"};
  }
  const Dims dims = value(id).dims;
  return dequantized_[tensor] = step(Op::kDequantize, {id}, dims, std::move(a));
}
ValueId NodeReader::output(std::size_t i) const {
  return i < outputs() ? values_[node_.node.outputs->data[i]] : kNoValue;
}

const Dims& NodeReader::dims(std::size_t i) const {
  const ValueId id = values_[input_tensor(i)];
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
  writes.reserve(outputs());
  for (std::size_t i = 0; i < outputs(); ++i) writes.push_back(output(i));
  if (activation != kTfLiteActNone) {
    const Activation function = activation_of(activation);
    const Dims dims = graph_.values[static_cast<std::size_t>(writes.at(0))].dims;
    reads = {step(op, std::move(reads), dims, std::move(attributes))};
    op = Op::kActivation;
    attributes = function;
  }
  std::vector<ValueId> bytes(writes.size(), kNoValue);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!is_byte(value(writes[i]).type)) continue;
    bytes[i] = writes[i];
    const Dims dims = value(writes[i]).dims;
    writes[i] = graph_.tensor(name_, dims);
  }
  graph_.node(op, name_, std::move(reads), writes, std::move(attributes), node_.index);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (bytes[i] == kNoValue) continue;
    QuantizeAttributes a = quantisation(context_.tensors[node_.node.outputs->data[i]]);
    if (a.scales.empty()) throw Unsupported{"its output of 8 bits has no scale"};
    graph_.node(Op::kQuantize, name_, {writes[i]}, {bytes[i]}, std::move(a), node_.index);
  }
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
