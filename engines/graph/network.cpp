// From an engine's graph to a Network: the passes, and weights packed.
#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/steps.hpp"

namespace tandem::graph {
namespace {

// Operators without weights read their constants for each plan: these are copied. Operators with weights have packed
// theirs.
void keep_constants(Graph& graph) {
  std::vector<bool> read(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.inputs) {
      if (id != kNoValue && !has_weights(node)) read[index(id)] = true;
    }
  }
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    Value& value = graph.values[i];
    if (is_byte(value.type)) value.data = {};
    if (!value.constant || value.type != ElementType::kF32) continue;
    const bool is_slopes = value.data.owner != nullptr && value.dims.size() == 1;  // an Activation refers to them
    if (!read[i]) {
      if (!is_slopes) value.data = {};
      continue;
    }
    const auto from = floats(graph, static_cast<ValueId>(i));
    const auto copy = std::make_shared<const std::vector<float>>(from.begin(), from.end());
    value.data.floats = copy->data();
    value.data.owner = copy;
  }
}

}  // namespace

Result<Network> build(Graph graph) {
  const Status good = check(graph);
  if (!good.ok()) return good;
  normalise(graph);
  fuse(graph);
  const AllDims dims = infer_what_is_known(graph);
  Network network;
  for (const Node& node : graph.nodes) {
    const std::string why = why_not(graph, node, dims);
    if (!why.empty()) return node_error(StatusCode::kUnsupported, node, "%s", why.c_str());
    Operator op;
    if (has_weights(node)) {
      Result<Operator> created = create_operator(graph, node);
      if (!created.ok()) return created.status();
      op = std::move(created.value());
      network.bytes += op.packed_bytes();
    }
    network.operators.push_back(std::move(op));
  }
  keep_constants(graph);
  network.graph = std::move(graph);
  return network;
}

}  // namespace tandem::graph
