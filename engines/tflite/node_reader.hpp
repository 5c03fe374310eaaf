// One node of a TFLite graph while it is translated: what it reads, its parameters, and the graph that is being built.
#pragma once

#include <tensorflow/lite/core/c/builtin_op_data.h>
#include <tensorflow/lite/core/c/common.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/tflite/constants.hpp"

namespace tandem_tflite {

/// Thrown where a node is of a kind that the graph library has no operator for; the reader makes it a foreign one. The
/// text is a clause: "its weights are not constant".
struct Unsupported {
  std::string why;
};

/// The values of a graph by the tensors that they stand for.
class Values {
 public:
  /// @param open  inputs of the graph have other sizes than in the file, so that those of other tensors are not known,
  ///              either; except the innermost, channels mostly
  Values(const TfLiteContext& context, Constants& constants, tandem::graph::Graph& graph, bool open)
      : context_(context), constants_(constants), graph_(graph), open_(open) {}

  /// The tensor's value, which is added to the graph when it is first asked for. kNoValue for an index that is no tensor.
  tandem::graph::ValueId operator[](int tensor);

 private:
  tandem::graph::ValueId add(int tensor);

  const TfLiteContext& context_;
  Constants& constants_;
  tandem::graph::Graph& graph_;
  bool open_;
  std::map<int, tandem::graph::ValueId> ids_;
};

class NodeReader {
 public:
  NodeReader(const TfLiteContext& context, const ModelNode& node, Constants& constants, Values& values,
             tandem::graph::Graph& graph);

  /// The operator's version, by which TFLite knows which parameters there are.
  [[nodiscard]] int version() const noexcept { return node_.registration.version; }
  [[nodiscard]] std::size_t inputs() const noexcept;
  [[nodiscard]] std::size_t outputs() const noexcept;
  /// The i-th input; kNoValue if the node does not have it. One of 8 bits, or a bias of integers, comes behind a kDequantize:
  /// quantise() makes an operator on 8 bits of nodes between kDequantize and kQuantize.
  [[nodiscard]] tandem::graph::ValueId input(std::size_t i) const;
  [[nodiscard]] tandem::graph::ValueId output(std::size_t i) const;
  /// Throws Unsupported if there is no i-th input.
  [[nodiscard]] const tandem::graph::Dims& dims(std::size_t i) const;
  /// The elements of the i-th input, which is called `what` in the message if it is not a constant.
  [[nodiscard]] std::vector<std::int64_t> integers(std::size_t i, const char* what) const;
  [[nodiscard]] float number(std::size_t i, const char* what) const;

  template <class Parameters>
  [[nodiscard]] const Parameters& parameters() const {
    if (node_.node.builtin_data == nullptr) throw Unsupported{"it has no parameters"};
    return *static_cast<const Parameters*>(node_.node.builtin_data);
  }

  /// Adds a node that reads `reads` and writes the outputs of this one, and one more if there is an activation. Outputs of
  /// 8 bits are written by a kQuantize each.
  void write(tandem::graph::Op op, std::vector<tandem::graph::ValueId> reads, tandem::graph::Attributes attributes = {},
             TfLiteFusedActivation activation = kTfLiteActNone) const;
  /// Adds a node on the way: returns what it writes, a value of these dims.
  [[nodiscard]] tandem::graph::ValueId step(tandem::graph::Op op, std::vector<tandem::graph::ValueId> reads,
                                            tandem::graph::Dims dims, tandem::graph::Attributes attributes) const;

 private:
  [[nodiscard]] int input_tensor(std::size_t i) const noexcept;
  [[nodiscard]] const tandem::graph::Value& value(tandem::graph::ValueId id) const {
    return graph_.values[static_cast<std::size_t>(id)];
  }

  const TfLiteContext& context_;
  const ModelNode& node_;
  Constants& constants_;
  Values& values_;
  tandem::graph::Graph& graph_;
  std::string name_;
  mutable std::map<int, tandem::graph::ValueId> dequantized_;  // by tensors
};

/// Throws Unsupported for an activation that Tandem lacks.
tandem::Activation activation_of(TfLiteFusedActivation activation);

/// The sizes of a tensor; -1 for one that the model leaves open.
tandem::graph::Dims dims_of(const TfLiteTensor& tensor);

/// The name of a node in reports: TFLite's nodes have none, so it is the name of the first tensor that it writes.
std::string name_of(const TfLiteContext& context, const TfLiteNode& node);

}  // namespace tandem_tflite
