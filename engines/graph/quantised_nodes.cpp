#include "engines/graph/quantised_nodes.hpp"

#include "engines/graph/quantised_values.hpp"

namespace tandem::graph {

Node* QuantisedNodes::dequantized(ValueId id) {
  const NodeId writer = uses_.writer(id);
  if (writer == Uses::kNoNode) return nullptr;
  Node& node = graph_.nodes[index(writer)];
  if (node.op != Op::kDequantize) return nullptr;
  const Value& from = value(node.inputs[0]);
  return is_byte(from.type) && !from.constant && from.scales.size() == 1 ? &node : nullptr;
}

Node* QuantisedNodes::reader(ValueId id) {
  const NodeId only = uses_.only_reader(id);
  return only == Uses::kNoNode ? nullptr : &graph_.nodes[index(only)];
}

Node* QuantisedNodes::quantized(ValueId id, ElementType type) {
  Node* node = reader(id);
  if (node == nullptr || node->op != Op::kQuantize) return nullptr;
  const Value& to = value(node->outputs[0]);
  return to.type == type && to.scales.size() == 1 ? node : nullptr;
}

QuantisedNodes::Tail QuantisedNodes::tail(ValueId id, ElementType type) {
  Tail t;
  Node* next = reader(id);
  if (next != nullptr && next->op == Op::kActivation && is_clamp(std::get<Activation>(next->attributes))) {
    t.clamp = next;
    id = next->outputs[0];
  }
  t.quantize = quantized(id, type);
  return t;
}

void QuantisedNodes::replace(Node& node, const std::vector<Node*>& dequantize, std::vector<ValueId> outputs, Op op) {
  const Uses::Change changing = change(node);
  for (std::size_t i = 0; i < dequantize.size(); ++i) {
    if (dequantize[i] == nullptr) continue;
    node.inputs[i] = dequantize[i]->inputs[0];
    join_sources(node, *dequantize[i]);
    absorb(*dequantize[i]);
  }
  node.op = op;
  node.outputs = std::move(outputs);
}

std::vector<Node*> QuantisedNodes::all_dequantized(const Node& node) {
  std::vector<Node*> all;
  for (const ValueId id : node.inputs) {
    all.push_back(dequantized(id));
    if (all.back() == nullptr || value(all.back()->inputs[0]).type != value(all.front()->inputs[0]).type) return {};
  }
  return all;
}

ValueId QuantisedNodes::like(ValueId shape, ValueId scale) {
  Value v = value(shape);
  v.type = value(scale).type;
  v.scales = value(scale).scales;
  v.zero_point = value(scale).zero_point;
  v.name += "/8 bits";
  return graph_.add(std::move(v));
}

void QuantisedNodes::become_table(Node& quantize, ValueId from, const Activation& activation) {
  const Uses::Change changing = change(quantize);
  quantize.op = Op::kActivation;
  quantize.inputs = {from};
  quantize.attributes = activation;
}

bool QuantisedNodes::compute(Node& node, const std::vector<Node*>& inputs) {
  if (inputs.empty()) return false;
  const Tail t = tail(node.outputs[0], value(inputs[0]->inputs[0]).type);
  if (t.quantize == nullptr) return false;
  const ValueId out = t.quantize->outputs[0];
  const Activation clamp = t.clamp != nullptr ? std::get<Activation>(t.clamp->attributes) : Activation{};
  join_sources(node, *t.quantize);
  if (t.clamp != nullptr) join_sources(node, *t.clamp);
  if (t.clamp != nullptr && !changes_nothing(clamp, value(out))) {
    // A clamp of what is rounded has the bits of what is rounded after a clamp.
    const ValueId before = like(node.outputs[0], out);
    drop(*t.clamp);
    replace(node, inputs, {before}, node.op);
    become_table(*t.quantize, before, clamp);
    return true;
  }
  if (t.clamp != nullptr) drop(*t.clamp);
  drop(*t.quantize);
  replace(node, inputs, {out}, node.op);
  return true;
}

void QuantisedNodes::drop(Node& node) {
  const Uses::Change changing = change(node);
  gone_[number(node)] = true;
  node.inputs.clear();
  node.outputs.clear();
}

void QuantisedNodes::finish() {
  const auto needed = [&](ValueId id) { return uses_.is_output(id) || !uses_.readers(id).empty(); };
  for (Node& node : graph_.nodes) {
    if (is_gone(node) || node.op != Op::kDequantize || needed(node.outputs[0])) continue;
    if (!absorbed_[number(node)]) continue;  // nobody ever read it
    drop(node);
  }
  remove_nodes(graph_, gone_);
}

}  // namespace tandem::graph
