#include "engines/graph/quantised_moves.hpp"

#include <utility>

#include "engines/graph/quantised_values.hpp"

namespace tandem::graph {
namespace {

// DQ, Reshape without a Q: what follows may compute on 8 bits, so the elements move before they become floats.
void move_before(QuantisedNodes& nodes, Node& node, Node& dequantize) {
  const bool pure = node.op == Op::kReshape || node.op == Op::kTranspose;
  if (!pure || nodes.uses().only_reader(dequantize.outputs[0]) == Uses::kNoNode) return;
  const ValueId moved = nodes.like(node.outputs[0], dequantize.inputs[0]);
  const Uses::Change both[] = {nodes.change(dequantize), nodes.change(node)};
  join_sources(dequantize, node);
  join_sources(node, dequantize);
  std::swap(dequantize.op, node.op);
  std::swap(dequantize.attributes, node.attributes);
  dequantize.outputs = {moved};
  node.inputs = {moved};
}

// A Concat's inputs of other scales than the output's become alike first.
void join(QuantisedNodes& nodes, Node& node, std::vector<Node*> inputs) {
  Node* quantize = nodes.quantized(node.outputs[0], nodes.value(inputs[0]->inputs[0]).type);
  if (quantize == nullptr) return;
  const ValueId out = quantize->outputs[0];
  const auto differs = [&](const Node* from) {
    return !same_quantisation(nodes.value(from->inputs[0]), nodes.value(out));
  };
  // The DQ becomes the node that changes the scale, so nothing else may read it.
  for (const Node* from : inputs) {
    if (differs(from) && nodes.uses().only_reader(from->outputs[0]) == Uses::kNoNode) return;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!differs(inputs[i])) continue;
    Node& from = *inputs[i];
    const ValueId alike = nodes.like(from.outputs[0], out);
    const Uses::Change both[] = {nodes.change(from), nodes.change(node)};
    from.op = Op::kActivation;
    from.attributes = Activation{};
    from.outputs = {alike};
    node.inputs[i] = alike;
    join_sources(node, from);
    inputs[i] = nullptr;
  }
  join_sources(node, *quantize);
  nodes.drop(*quantize);
  nodes.replace(node, inputs, {out}, node.op);
}

}  // namespace

void quantise_move(QuantisedNodes& nodes, Node& node) {
  const std::vector<Node*> inputs = nodes.all_dequantized(node);
  if (inputs.empty()) return;
  if (node.op == Op::kConcat) return join(nodes, node, inputs);
  const ValueId x = inputs[0]->inputs[0];
  std::vector<Node*> ends;
  for (const ValueId id : node.outputs) {
    ends.push_back(id == kNoValue ? nullptr : nodes.quantized(id, nodes.value(x).type));
    if (id != kNoValue && ends.back() == nullptr) return move_before(nodes, node, *inputs[0]);
  }
  std::vector<ValueId> outputs = node.outputs;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i] == nullptr) continue;
    Node& end = *ends[i];
    join_sources(node, end);
    if (same_quantisation(nodes.value(x), nodes.value(end.outputs[0]))) {
      outputs[i] = end.outputs[0];
      nodes.drop(end);
    } else {
      outputs[i] = nodes.like(outputs[i], x);
      nodes.become_table(end, outputs[i], {});
    }
  }
  nodes.replace(node, inputs, outputs, node.op);
}

void quantise_scale(QuantisedNodes& nodes, Node& quantize) {
  Node* from = nodes.dequantized(quantize.inputs[0]);
  const Value& to = nodes.value(quantize.outputs[0]);
  if (from == nullptr || to.type != nodes.value(from->inputs[0]).type || to.scales.size() != 1) return;
  const bool same = same_quantisation(nodes.value(from->inputs[0]), to);
  nodes.replace(quantize, {from}, quantize.outputs, same ? Op::kIdentity : Op::kActivation);
  quantize.attributes = same ? Attributes{} : Attributes{Activation{}};
}

}  // namespace tandem::graph
