// One of ONNX Runtime's nodes: its attributes, with ONNX's defaults, and its inputs as the graph library has them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/onnxruntime/api.hpp"

namespace tandem_onnxruntime {

class NodeReader {
 public:
  /// @param inputs   the node's inputs, kNoValue for those that are left out
  /// @param outputs  likewise
  NodeReader(Ort::ConstNode node, std::vector<tandem::graph::ValueId> inputs,
             std::vector<tandem::graph::ValueId> outputs, const tandem::graph::Graph& graph);

  /// The version of ONNX's operator set in which the node's operator has its present meaning.
  [[nodiscard]] int version() const { return node_.GetSinceVersion(); }

  // The attribute of that name, or `otherwise` if the node has none.
  [[nodiscard]] std::int64_t integer(const char* name, std::int64_t otherwise) const;
  [[nodiscard]] float real(const char* name, float otherwise) const;
  [[nodiscard]] std::string text(const char* name, const char* otherwise) const;
  /// Nothing if the node has no such attribute.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(const char* name) const;
  [[nodiscard]] std::optional<std::vector<float>> reals(const char* name) const;

  [[nodiscard]] const std::vector<tandem::graph::ValueId>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<tandem::graph::ValueId>& outputs() const noexcept { return outputs_; }
  [[nodiscard]] bool has_input(std::size_t i) const noexcept;
  /// Only if has_input(i).
  [[nodiscard]] const tandem::graph::Value& input(std::size_t i) const;
  /// The node has this output, whether anything reads it or not.
  [[nodiscard]] bool has_output(std::size_t i) const noexcept;

  // The elements of input i; nothing if it is left out, or not a constant of that kind.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> constant_integers(std::size_t i) const;
  [[nodiscard]] std::optional<std::vector<float>> constant_reals(std::size_t i) const;
  /// Elements of 8 bits, or integers.
  [[nodiscard]] std::optional<std::vector<std::int32_t>> constant_bytes(std::size_t i) const;

  /// An attribute that nobody has asked for and that may change the result; "" if there is none. Later versions of an
  /// operator have attributes that are not known here.
  [[nodiscard]] std::string unknown_attribute() const;

 private:
  [[nodiscard]] Ort::ConstOpAttr find(const char* name) const;

  mutable std::set<std::string> asked_;
  Ort::ConstNode node_;
  std::vector<Ort::ConstOpAttr> attributes_;
  std::vector<tandem::graph::ValueId> inputs_;
  std::vector<tandem::graph::ValueId> outputs_;
  const tandem::graph::Graph& graph_;
};

}  // namespace tandem_onnxruntime
