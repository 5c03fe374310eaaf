// One of ONNX Runtime's graphs as the graph library knows it.
#pragma once

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/onnxruntime/api.hpp"

namespace tandem_onnxruntime {

/// A node of ONNX Runtime, at the index that is its source in the graph library's nodes.
struct HostNode {
  const OrtNode* node = nullptr;
  std::string name;           ///< may be empty
  std::string operator_type;  ///< ONNX's name, e.g. "Conv"
  std::string reason;         ///< why the reader has no such operator; else empty
};

/// Constants are views into ONNX Runtime's memory, which is valid as long as its graph.
struct Network {
  tandem::graph::Graph graph;
  std::vector<HostNode> nodes;
};

/// The whole of `graph`, with its inputs in the order in which nodes read them.
Network read_network(const OrtGraph* graph);

/// What is known of values by their names.
using KnownDims = std::unordered_map<std::string, tandem::graph::Dims>;

/// The nodes of `graph` that ONNX Runtime has made `fused` of: inputs and outputs are in the order of `fused`.
/// @param known  dims of inputs that ONNX Runtime does not know by itself
Network read_group(const OrtGraph* graph, const OrtNode* fused, const KnownDims& known);

/// The first of the graph's nodes that stand for a node of ONNX Runtime. An operator on 8 bits has several.
const tandem::graph::Node& first_of(const Network& network, std::int32_t source);

/// The first output that a node has; a Split need not have all.
inline tandem::graph::ValueId first_written(const tandem::graph::Node& node) {
  return *std::find_if(node.outputs.begin(), node.outputs.end(), [](auto id) { return id != tandem::graph::kNoValue; });
}

}  // namespace tandem_onnxruntime
