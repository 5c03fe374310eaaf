// A TFLite graph as the graph library knows it.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/tflite/constants.hpp"

namespace tandem_tflite {

/// A node's source is its number in the interpreter. Constants are views into the model's memory, which lives as long as
/// the interpreter, or are shared with `Constants`.
struct Network {
  tandem::graph::Graph graph;
  /// Why a node is foreign, by its number: a clause.
  std::map<int, std::string> reasons;
};

/// All nodes but those that `constants` has folded. Inputs are what no node writes, outputs what no node reads.
Network read_network(const TfLiteContext& context, std::span<const ModelNode> nodes, Constants& constants);

/// The tensors at the border of some nodes.
struct Border {
  std::vector<int> inputs, outputs;
  /// The inputs' sizes where they differ from the model's; none: they do not.
  std::vector<tandem::graph::Dims> sizes;
};

/// Some of the nodes, with the border's inputs and outputs in their order.
Network read_group(const TfLiteContext& context, std::span<const ModelNode> nodes, Constants& constants,
                   const Border& border);

}  // namespace tandem_tflite
