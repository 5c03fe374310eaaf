// Models with operators on 8 bits as engines write them: every operator computes with floats, between nodes that make floats
// of 8 bits (DQ) and 8 bits of floats (Q).
//
//   DQ(x), DQ(filter), DQ(bias) -> Conv -> clamp -> Q   =  Conv on 8 bits, whose clamp is inside
//   DQ(a), DQ(b) -> Add -> Q                            =  Add on 8 bits with three scales
//   DQ(x) -> HardSwish -> Q, DQ(x) -> Q                 =  Activation on 8 bits, a table
//   DQ(x), number -> Mul -> Q                           =  Activation with an affine, a table
//   DQ(x), DQ(number) -> Mul -> Q                       =  Mul on 8 bits with a constant, which fuse_tables() makes a table of
//   DQ(x) -> Reshape -> Q                               =  Reshape of 8 bits, and an Activation if the scales differ
//   DQ(x) -> Reshape -> MatMul                          =  Reshape of 8 bits -> DQ -> MatMul
//
// A node takes the sources of the DQs and Qs that it stands for. DQs and Qs round operators that Tandem lacks on 8 bits stay
// nodes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engines/graph/edit.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/quantised_affines.hpp"
#include "engines/graph/quantised_values.hpp"
#include "engines/graph/quantised_weights.hpp"

namespace tandem::graph {
namespace {

class Quantiser {
 public:
  explicit Quantiser(Graph& graph) : graph_(graph), uses_(graph), gone_(graph.nodes.size(), false) {}

  void run() {
    note_scales(graph_);
    for (Node& node : graph_.nodes) {
      if (!gone_[number(node)]) quantise(node);
    }
    for (Node& node : graph_.nodes) {
      if (gone_[number(node)] || node.op != Op::kDequantize || needed(node.outputs[0])) continue;
      if (!absorbed(node)) continue;  // nobody ever read it
      drop(node);
    }
    remove_nodes(graph_, gone_);
  }

 private:
  std::size_t number(const Node& node) const { return static_cast<std::size_t>(&node - graph_.nodes.data()); }
  Value& value(ValueId id) { return graph_.values[index(id)]; }
  const Value& value(ValueId id) const { return graph_.values[index(id)]; }
  bool needed(ValueId id) const { return uses_.is_output(id) || !uses_.readers(id).empty(); }
  bool absorbed(const Node& node) const { return absorbed_[number(node)]; }

  void drop(Node& node) {
    const Uses::Change change(uses_, graph_, node);
    gone_[number(node)] = true;
    node.inputs.clear();
    node.outputs.clear();
  }

  // The DQ that writes a value from 8 bits of a known scale, else null.
  Node* dequantized(ValueId id) {
    const NodeId writer = uses_.writer(id);
    if (writer == Uses::kNoNode) return nullptr;
    Node& node = graph_.nodes[index(writer)];
    if (node.op != Op::kDequantize) return nullptr;
    const Value& from = value(node.inputs[0]);
    return is_byte(from.type) && !from.constant && from.scales.size() == 1 ? &node : nullptr;
  }

  // What follows an operator: a clamp, a Q, or both.
  struct Tail {
    Node* clamp = nullptr;
    Node* quantize = nullptr;
  };

  Node* reader(ValueId id) {
    const NodeId only = uses_.only_reader(id);
    return only == Uses::kNoNode ? nullptr : &graph_.nodes[index(only)];
  }

  Node* quantized(ValueId id, ElementType type) {
    Node* node = reader(id);
    if (node == nullptr || node->op != Op::kQuantize) return nullptr;
    const Value& to = value(node->outputs[0]);
    return to.type == type && to.scales.size() == 1 ? node : nullptr;
  }

  Tail tail(ValueId id, ElementType type) {
    Tail t;
    Node* next = reader(id);
    if (next != nullptr && next->op == Op::kActivation && is_clamp(std::get<Activation>(next->attributes))) {
      t.clamp = next;
      id = next->outputs[0];
    }
    t.quantize = quantized(id, type);
    return t;
  }

  void quantise(Node& node) {
    switch (node.op) {
      case Op::kConv:
      case Op::kConvTranspose:
      case Op::kMatMul:
        return weighted(node);
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
      case Op::kMin:
      case Op::kMax:
        if (arithmetic(node)) return;
        [[fallthrough]];
      case Op::kDiv:
        return become_affine(node);
      case Op::kAveragePool:
      case Op::kReduceMean:
        computed(node, all_dequantized(node));
        return;
      case Op::kActivation:
        if (has_one_number(std::get<Activation>(node.attributes))) computed(node, all_dequantized(node));
        return;
      case Op::kQuantize:
        return requantised(node);
      case Op::kResize:
        if (std::get<ResizeAttributes>(node.attributes).mode == ResizeMode::kNearest) return moved(node);
        return;
      case Op::kMaxPool:
      case Op::kDepthToSpace:
      case Op::kSpaceToDepth:
      case Op::kConcat:
      case Op::kSlice:
      case Op::kSplit:
      case Op::kReshape:
      case Op::kTranspose:
        return moved(node);
      default:
        return;
    }
  }

  // The node reads and writes 8 bits from now on. Its inputs are written by these DQs (null: it keeps that input).
  void replace(Node& node, const std::vector<Node*>& dequantize, std::vector<ValueId> outputs, Op op) {
    const Uses::Change change(uses_, graph_, node);
    for (std::size_t i = 0; i < dequantize.size(); ++i) {
      if (dequantize[i] == nullptr) continue;
      node.inputs[i] = dequantize[i]->inputs[0];
      join_sources(node, *dequantize[i]);
      absorbed_[number(*dequantize[i])] = true;
    }
    node.op = op;
    node.outputs = std::move(outputs);
  }

  // All inputs behind DQs of one type; empty if they are not.
  std::vector<Node*> all_dequantized(const Node& node) {
    std::vector<Node*> all;
    for (const ValueId id : node.inputs) {
      all.push_back(dequantized(id));
      if (all.back() == nullptr || value(all.back()->inputs[0]).type != value(all.front()->inputs[0]).type) return {};
    }
    return all;
  }

  // A value like another, but with the scale of a third.
  ValueId like(ValueId shape, ValueId scale) {
    Value v = value(shape);
    v.type = value(scale).type;
    v.scales = value(scale).scales;
    v.zero_point = value(scale).zero_point;
    v.name += "/8 bits";
    return graph_.add(std::move(v));
  }

  // The Q after an operator becomes an activation on 8 bits that reads `from`.
  void become_table(Node& quantize, ValueId from, const Activation& activation) {
    const Uses::Change change(uses_, graph_, quantize);
    quantize.op = Op::kActivation;
    quantize.inputs = {from};
    quantize.attributes = activation;
  }

  bool computed(Node& node, const std::vector<Node*>& inputs) {
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

  // Of two tensors, or of one and a number; false if they are not of 8 bits.
  bool arithmetic(Node& node) {
    std::vector<Node*> inputs;
    std::size_t numbers = 0;
    for (const ValueId id : node.inputs) {
      Node* from = dequantized(id);
      if (from == nullptr && uses_.writer(id) != Uses::kNoNode) {
        Node& writer = graph_.nodes[index(uses_.writer(id))];
        if (writer.op == Op::kDequantize && is_byte_number(graph_, writer.inputs[0])) from = &writer;
        ++numbers;
      }
      if (from == nullptr ||
          value(from->inputs[0]).type != value(inputs.empty() ? from->inputs[0] : inputs[0]->inputs[0]).type) {
        return false;
      }
      inputs.push_back(from);
    }
    const auto rank = [&](std::size_t i) { return value(node.inputs[i]).dims.size(); };
    if (numbers == 1 && rank(0) != rank(1) && value(inputs[rank(0) > rank(1) ? 0 : 1]->inputs[0]).constant)
      return false;
    return numbers < 2 && computed(node, inputs);
  }

  // With a number instead of a second tensor it is an affine, which a table has inside.
  void become_affine(Node& node) {
    const auto affine = affine_of_number(graph_, uses_, node);
    const Node* x = affine ? dequantized(affine->x) : nullptr;
    if (x == nullptr || tail(node.outputs[0], value(x->inputs[0]).type).quantize == nullptr) return;
    {
      const Uses::Change change(uses_, graph_, node);
      if (affine->dequantize != Uses::kNoNode) {
        join_sources(node, graph_.nodes[index(affine->dequantize)]);
        absorbed_[index(affine->dequantize)] = true;
      }
      node.op = Op::kActivation;
      node.inputs = {affine->x};
      node.attributes = affine->activation(graph_);
    }
    computed(node, all_dequantized(node));
  }

  // DQ, Q: another scale.
  void requantised(Node& quantize) {
    Node* from = dequantized(quantize.inputs[0]);
    const Value& to = value(quantize.outputs[0]);
    if (from == nullptr || to.type != value(from->inputs[0]).type || to.scales.size() != 1) return;
    const bool same = same_quantisation(value(from->inputs[0]), to);
    replace(quantize, {from}, quantize.outputs, same ? Op::kIdentity : Op::kActivation);
    quantize.attributes = same ? Attributes{} : Attributes{Activation{}};
  }

  // Elements stay as they are. Inputs of other scales than the output's become alike first, of a Concat; else the output.
  void moved(Node& node) {
    const std::vector<Node*> inputs = all_dequantized(node);
    if (inputs.empty()) return;
    if (node.op == Op::kConcat) return joined(node, inputs);
    const ValueId x = inputs[0]->inputs[0];
    std::vector<Node*> ends;
    for (const ValueId id : node.outputs) {
      ends.push_back(id == kNoValue ? nullptr : quantized(id, value(x).type));
      if (id != kNoValue && ends.back() == nullptr) return moved_before(node, *inputs[0]);
    }
    std::vector<ValueId> outputs = node.outputs;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i] == nullptr) continue;
      Node& end = *ends[i];
      join_sources(node, end);
      if (same_quantisation(value(x), value(end.outputs[0]))) {
        outputs[i] = end.outputs[0];
        drop(end);
      } else {
        outputs[i] = like(outputs[i], x);
        become_table(end, outputs[i], {});
      }
    }
    replace(node, inputs, outputs, node.op);
  }

  // DQ, Reshape without a Q: what follows may compute on 8 bits, so the elements move before they become floats.
  void moved_before(Node& node, Node& dequantize) {
    const bool pure = node.op == Op::kReshape || node.op == Op::kTranspose;
    if (!pure || uses_.only_reader(dequantize.outputs[0]) == Uses::kNoNode) return;
    const ValueId moved = like(node.outputs[0], dequantize.inputs[0]);
    const Uses::Change both[] = {{uses_, graph_, dequantize}, {uses_, graph_, node}};
    join_sources(dequantize, node);
    join_sources(node, dequantize);
    std::swap(dequantize.op, node.op);
    std::swap(dequantize.attributes, node.attributes);
    dequantize.outputs = {moved};
    node.inputs = {moved};
  }

  void joined(Node& node, std::vector<Node*> inputs) {
    Node* quantize = quantized(node.outputs[0], value(inputs[0]->inputs[0]).type);
    if (quantize == nullptr) return;
    const ValueId out = quantize->outputs[0];
    const auto differs = [&](const Node* from) { return !same_quantisation(value(from->inputs[0]), value(out)); };
    // The DQ becomes the node that changes the scale, so nothing else may read it.
    for (const Node* from : inputs) {
      if (differs(from) && uses_.only_reader(from->outputs[0]) == Uses::kNoNode) return;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!differs(inputs[i])) continue;
      Node& from = *inputs[i];
      const ValueId alike = like(from.outputs[0], out);
      const Uses::Change both[] = {{uses_, graph_, from}, {uses_, graph_, node}};
      from.op = Op::kActivation;
      from.attributes = Activation{};
      from.outputs = {alike};
      node.inputs[i] = alike;
      join_sources(node, from);
      inputs[i] = nullptr;
    }
    join_sources(node, *quantize);
    drop(*quantize);
    replace(node, inputs, {out}, node.op);
  }

  void weighted(Node& node) {
    Node* x = dequantized(node.inputs[0]);
    if (x == nullptr) return;
    const ElementType type = value(x->inputs[0]).type;
    const Tail t = tail(node.outputs[0], type);
    const float dst_scale = t.quantize != nullptr ? value(t.quantize->outputs[0]).scales[0] : 0;
    const auto weights = quantised_weights(graph_, uses_, node, value(x->inputs[0]).scales[0], dst_scale);
    if (!weights || !takes_clamp(node, t)) return;
    for (const Node* part :
         std::initializer_list<const Node*>{weights->filter_node, weights->bias_node, t.clamp, t.quantize}) {
      if (part != nullptr) join_sources(node, *part);
    }
    ValueId out = node.outputs[0];
    for (Node* part : {t.clamp, t.quantize}) {
      if (part == nullptr) continue;
      out = part->outputs[0];
      if (part == t.clamp) set_clamp(node, std::get<Activation>(part->attributes));
      drop(*part);
    }
    const ValueId filter = graph_.add(weights->filter), bias = weights->bias ? graph_.add(*weights->bias) : kNoValue;
    for (const NodeId part :
         {uses_.writer(node.inputs[1]), node.inputs.size() > 2 ? uses_.writer(node.inputs[2]) : -1}) {
      if (part != Uses::kNoNode) absorbed_[index(part)] = true;
    }
    replace(node, {x}, {out}, node.op);
    const Uses::Change change(uses_, graph_, node);
    node.inputs = {node.inputs[0], filter};
    if (bias != kNoValue) node.inputs.push_back(bias);
  }

  // An engine may have fused a clamp already.
  static Activation* own_activation(Node& node) {
    if (auto* conv = std::get_if<ConvAttributes>(&node.attributes)) return &conv->activation;
    if (auto* transposed = std::get_if<ConvTransposeAttributes>(&node.attributes)) return &transposed->activation;
    return &std::get<MatMulAttributes>(node.attributes).activation;
  }
  static bool takes_clamp(Node& node, const Tail& t) {
    const Activation& own = *own_activation(node);
    if (!is_clamp(own) || node.inputs.size() > 3) return false;
    return t.clamp == nullptr || (std::isinf(own.lo) && std::isinf(own.hi));
  }
  static void set_clamp(Node& node, const Activation& clamp) { *own_activation(node) = clamp; }

  Graph& graph_;
  Uses uses_;
  std::vector<bool> gone_;
  std::vector<bool> absorbed_ = std::vector<bool>(graph_.nodes.size(), false);  // DQs that some node stands for
};

}  // namespace

void quantise(Graph& graph) { Quantiser(graph).run(); }

}  // namespace tandem::graph
