#include "engines/graph/quantised_products.hpp"

#include <cmath>
#include <initializer_list>

#include "engines/graph/quantised_values.hpp"
#include "engines/graph/quantised_weights.hpp"

namespace tandem::graph {
namespace {

// An engine may have fused a clamp already.
Activation* own_activation(Node& node) {
  if (auto* conv = std::get_if<ConvAttributes>(&node.attributes)) return &conv->activation;
  if (auto* transposed = std::get_if<ConvTransposeAttributes>(&node.attributes)) return &transposed->activation;
  return &std::get<MatMulAttributes>(node.attributes).activation;
}

bool takes_clamp(Node& node, const QuantisedNodes::Tail& t) {
  const Activation& own = *own_activation(node);
  if (!is_clamp(own) || node.inputs.size() > 3) return false;
  return t.clamp == nullptr || (std::isinf(own.lo) && std::isinf(own.hi));
}

}  // namespace

void quantise_product(QuantisedNodes& nodes, Node& node) {
  Node* x = nodes.dequantized(node.inputs[0]);
  if (x == nullptr) return;
  const ElementType type = nodes.value(x->inputs[0]).type;
  const QuantisedNodes::Tail t = nodes.tail(node.outputs[0], type);
  const float dst_scale = t.quantize != nullptr ? nodes.value(t.quantize->outputs[0]).scales[0] : 0;
  const auto weights =
      quantised_weights(nodes.graph(), nodes.uses(), node, nodes.value(x->inputs[0]).scales[0], dst_scale);
  if (!weights || !takes_clamp(node, t)) return;
  for (const Node* part :
       std::initializer_list<const Node*>{weights->filter_node, weights->bias_node, t.clamp, t.quantize}) {
    if (part != nullptr) join_sources(node, *part);
  }
  ValueId out = node.outputs[0];
  for (Node* part : {t.clamp, t.quantize}) {
    if (part == nullptr) continue;
    out = part->outputs[0];
    if (part == t.clamp) *own_activation(node) = std::get<Activation>(part->attributes);
    nodes.drop(*part);
  }
  const ValueId filter = nodes.graph().add(weights->filter),
                bias = weights->bias ? nodes.graph().add(*weights->bias) : kNoValue;
  for (const NodeId part :
       {nodes.uses().writer(node.inputs[1]), node.inputs.size() > 2 ? nodes.uses().writer(node.inputs[2]) : -1}) {
    if (part != Uses::kNoNode) nodes.absorb(nodes.graph().nodes[index(part)]);
  }
  nodes.replace(node, {x}, {out}, node.op);
  const Uses::Change change = nodes.change(node);
  node.inputs = {node.inputs[0], filter};
  if (bias != kNoValue) node.inputs.push_back(bias);
}

}  // namespace tandem::graph
