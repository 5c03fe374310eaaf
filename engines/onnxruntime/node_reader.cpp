#include "engines/onnxruntime/node_reader.hpp"

#include <utility>

#include "engines/graph/sizes.hpp"

namespace tandem_onnxruntime {

using tandem::graph::ElementType;
using tandem::graph::kNoValue;
using tandem::graph::Value;
using tandem::graph::ValueId;

NodeReader::NodeReader(Ort::ConstNode node, std::vector<ValueId> inputs, std::vector<ValueId> outputs,
                       const tandem::graph::Graph& graph)
    : node_(node),
      attributes_(node.GetAttributes()),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      graph_(graph) {}

std::string NodeReader::unknown_attribute() const {
  // What matters in training or with other attributes alone, and what the number of outputs tells as well.
  static const std::set<std::string> harmless{
      "allowzero",           "beta",    "consumed_inputs", "cubic_coeff_a", "exclude_outside",
      "extrapolation_value", "is_test", "momentum",        "nearest_mode",  "noop_with_empty_axes",
      "num_outputs",         "ratio",   "round_mode",      "saturate",      "seed",
      "storage_order"};
  for (const Ort::ConstOpAttr& attribute : attributes_) {
    const std::string name = attribute.GetName();
    if (asked_.count(name) == 0 && harmless.count(name) == 0) return name;
  }
  return {};
}

Ort::ConstOpAttr NodeReader::find(const char* name) const {
  asked_.insert(name);
  for (const Ort::ConstOpAttr& attribute : attributes_) {
    if (attribute.GetName() == name) return attribute;
  }
  return Ort::ConstOpAttr{nullptr};
}

std::int64_t NodeReader::integer(const char* name, std::int64_t otherwise) const {
  const Ort::ConstOpAttr attribute = find(name);
  std::int64_t value = otherwise;
  if (attribute != nullptr) Ort::ThrowOnError(attribute.GetValue(value));
  return value;
}

float NodeReader::real(const char* name, float otherwise) const {
  const Ort::ConstOpAttr attribute = find(name);
  float value = otherwise;
  if (attribute != nullptr) Ort::ThrowOnError(attribute.GetValue(value));
  return value;
}

std::string NodeReader::text(const char* name, const char* otherwise) const {
  const Ort::ConstOpAttr attribute = find(name);
  std::string value = otherwise;
  if (attribute != nullptr) Ort::ThrowOnError(attribute.GetValue(value));
  return value;
}

std::optional<std::vector<std::int64_t>> NodeReader::integers(const char* name) const {
  const Ort::ConstOpAttr attribute = find(name);
  if (attribute == nullptr) return std::nullopt;
  std::vector<std::int64_t> values;
  Ort::ThrowOnError(attribute.GetValueArray(values));
  return values;
}

std::optional<std::vector<float>> NodeReader::reals(const char* name) const {
  const Ort::ConstOpAttr attribute = find(name);
  if (attribute == nullptr) return std::nullopt;
  std::vector<float> values;
  Ort::ThrowOnError(attribute.GetValueArray(values));
  return values;
}

bool NodeReader::has_input(std::size_t i) const noexcept { return i < inputs_.size() && inputs_[i] != kNoValue; }

bool NodeReader::has_output(std::size_t i) const noexcept { return i < outputs_.size() && outputs_[i] != kNoValue; }

const Value& NodeReader::input(std::size_t i) const { return graph_.values[static_cast<std::size_t>(inputs_[i])]; }

std::optional<std::vector<std::int64_t>> NodeReader::constant_integers(std::size_t i) const {
  if (!has_input(i) || !input(i).constant || input(i).type != ElementType::kInteger) return std::nullopt;
  return input(i).data.integers;
}

std::optional<std::vector<float>> NodeReader::constant_reals(std::size_t i) const {
  if (!has_input(i) || !input(i).constant || input(i).type != ElementType::kF32) return std::nullopt;
  const auto count = static_cast<std::size_t>(tandem::graph::elements(input(i).dims));
  return std::vector<float>(input(i).data.floats, input(i).data.floats + count);
}

std::optional<std::vector<std::int32_t>> NodeReader::constant_bytes(std::size_t i) const {
  if (const auto integers = constant_integers(i)) return std::vector<std::int32_t>(integers->begin(), integers->end());
  if (!has_input(i) || !input(i).constant || !tandem::graph::is_byte(input(i).type)) return std::nullopt;
  std::vector<std::int32_t> bytes(static_cast<std::size_t>(tandem::graph::elements(input(i).dims)));
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    bytes[k] = static_cast<std::int32_t>(tandem::graph::integer_at(input(i), k));
  }
  return bytes;
}

}  // namespace tandem_onnxruntime
