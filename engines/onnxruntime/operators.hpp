// From ONNX's operators to those of the graph library: one function for each, in operators_*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/onnxruntime/node_reader.hpp"

namespace tandem_onnxruntime {

/// The node that stands for one of ONNX's. kForeign: there is none, and `reason` says why.
struct Translation {
  tandem::graph::Op op = tandem::graph::Op::kForeign;
  std::vector<tandem::graph::ValueId> inputs;
  tandem::graph::Attributes attributes;
  std::string reason;
  /// kForeign: what is known of the output all the same.
  std::optional<tandem::graph::Dims> dims;
  /// The operator is one on images [N, C, 1, L], but the first input and the output are lines [N, C, L], and a filter of the
  /// operator is one of lines.
  bool lines = false;
  /// An operator on 8 bits: how each of `inputs` becomes floats, and how the output becomes 8 bits. Else empty.
  std::vector<tandem::graph::QuantizeAttributes> dequantize;
  std::optional<tandem::graph::QuantizeAttributes> quantize;
};

/// @param domain  of the operator; "" is ONNX's own
Translation translate(const std::string& domain, const std::string& operator_type, const NodeReader& node);

// For the functions alone.
using Translator = Translation (*)(const NodeReader& node);
using TranslatorRow = std::pair<const char*, Translator>;
std::vector<TranslatorRow> image_translators();
std::vector<TranslatorRow> quantised_translators();
std::vector<TranslatorRow> microsoft_translators();
std::vector<TranslatorRow> shape_translators();

/// Softmax as this version of ONNX has it.
Translation softmax_of_version(const NodeReader& node, std::int64_t version);

inline Translation foreign(std::string reason) {
  Translation translation;
  translation.reason = std::move(reason);
  return translation;
}
/// The operator with the node's first `count` inputs, or fewer if it has fewer.
inline Translation as(tandem::graph::Op op, const NodeReader& node, std::size_t count,
                      tandem::graph::Attributes attributes = {}) {
  Translation translation;
  translation.op = op;
  translation.inputs = node.inputs();
  if (translation.inputs.size() > count) translation.inputs.resize(count);
  translation.attributes = std::move(attributes);
  return translation;
}

}  // namespace tandem_onnxruntime
