// What ONNX Runtime is told to leave to Tandem.
#pragma once

#include <string>
#include <vector>

#include "engines/graph/claim.hpp"
#include "engines/onnxruntime/api.hpp"
#include "engines/onnxruntime/options.hpp"
#include "engines/onnxruntime/reader.hpp"

namespace tandem_onnxruntime {

/// What was decided about a graph.
struct Capability {
  tandem::graph::Claims claims;
  /// For each group, the name of a value that it writes: nothing else in a graph has that name.
  std::vector<std::string> group_values;
  KnownDims dims;
};

/// The body of a branch or a loop. ONNX Runtime 1.23 does not tell, and cannot run groups of several graphs of one model. So
/// these also count: a graph without inputs (a branch), one whose first inputs are a number and a truth (a loop), and one that
/// reads values of another graph.
bool is_nested(const OrtGraph* graph);

/// Reads the graph and claims groups of its nodes. Throws for a graph that cannot be read.
Capability find_capability(const OrtGraph* graph, const Options& options, OrtEpGraphSupportInfo* support);

}  // namespace tandem_onnxruntime
