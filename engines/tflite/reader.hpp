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

/// Some of the nodes, with these tensors as inputs and outputs, in this order.
Network read_group(const TfLiteContext& context, std::span<const ModelNode> nodes, Constants& constants,
                   std::span<const int> inputs, std::span<const int> outputs);

}  // namespace tandem_tflite
