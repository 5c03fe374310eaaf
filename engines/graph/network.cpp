// From an engine's graph to a Network: the passes, and weights packed.
#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/steps.hpp"

namespace tandem::graph {

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
  for (Value& value : graph.values) {  // what the operators have packed
    if (value.constant && value.type == ElementType::kF32) value.data = {};
  }
  network.graph = std::move(graph);
  return network;
}

}  // namespace tandem::graph
