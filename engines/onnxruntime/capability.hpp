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
};

/// Reads the graph and claims groups of its nodes. Throws for a graph that cannot be read.
Capability find_capability(const OrtGraph* graph, const Options& options, OrtEpGraphSupportInfo* support);

/// Why this process gets nothing from Tandem: its CPU has no instruction set that Tandem is faster with, or TANDEM_ISA names
/// one that it lacks. Else empty.
std::string why_useless();

}  // namespace tandem_onnxruntime
