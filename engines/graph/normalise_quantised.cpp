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
#include "engines/graph/edit.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/quantised_affines.hpp"
#include "engines/graph/quantised_moves.hpp"
#include "engines/graph/quantised_nodes.hpp"
#include "engines/graph/quantised_products.hpp"
#include "engines/graph/quantised_values.hpp"

namespace tandem::graph {
namespace {

// Of two tensors, or of one and a number; false if they are not of 8 bits.
bool arithmetic(QuantisedNodes& nodes, Node& node) {
  std::vector<Node*> inputs;
  std::size_t numbers = 0;
  for (const ValueId id : node.inputs) {
    Node* from = nodes.dequantized(id);
    if (from == nullptr && nodes.uses().writer(id) != Uses::kNoNode) {
      Node& writer = nodes.graph().nodes[index(nodes.uses().writer(id))];
      if (writer.op == Op::kDequantize && is_byte_number(nodes.graph(), writer.inputs[0])) from = &writer;
      ++numbers;
    }
    if (from == nullptr || nodes.value(from->inputs[0]).type !=
                               nodes.value(inputs.empty() ? from->inputs[0] : inputs[0]->inputs[0]).type) {
      return false;
    }
    inputs.push_back(from);
  }
  const auto rank = [&](std::size_t i) { return nodes.value(node.inputs[i]).dims.size(); };
  if (numbers == 1 && rank(0) != rank(1) && nodes.value(inputs[rank(0) > rank(1) ? 0 : 1]->inputs[0]).constant)
    return false;
  return numbers < 2 && nodes.compute(node, inputs);
}

// With a number instead of a second tensor it is an affine, which a table has inside.
void become_affine(QuantisedNodes& nodes, Node& node) {
  const auto affine = affine_of_number(nodes.graph(), nodes.uses(), node);
  const Node* x = affine ? nodes.dequantized(affine->x) : nullptr;
  if (x == nullptr || nodes.tail(node.outputs[0], nodes.value(x->inputs[0]).type).quantize == nullptr) return;
  {
    const Uses::Change change = nodes.change(node);
    if (affine->dequantize != Uses::kNoNode) {
      join_sources(node, nodes.graph().nodes[index(affine->dequantize)]);
      nodes.absorb(nodes.graph().nodes[index(affine->dequantize)]);
    }
    node.op = Op::kActivation;
    node.inputs = {affine->x};
    node.attributes = affine->activation(nodes.graph());
  }
  nodes.compute(node, nodes.all_dequantized(node));
}

void quantise_operator(QuantisedNodes& nodes, Node& node) {
  switch (node.op) {
    case Op::kConv:
    case Op::kConvTranspose:
    case Op::kMatMul:
      return quantise_product(nodes, node);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kMin:
    case Op::kMax:
      if (arithmetic(nodes, node)) return;
      [[fallthrough]];
    case Op::kDiv:
      return become_affine(nodes, node);
    case Op::kAveragePool:
    case Op::kReduceMean:
      nodes.compute(node, nodes.all_dequantized(node));
      return;
    case Op::kActivation:
      if (has_one_number(std::get<Activation>(node.attributes))) nodes.compute(node, nodes.all_dequantized(node));
      return;
    case Op::kQuantize:
      return quantise_scale(nodes, node);
    case Op::kResize:
      if (std::get<ResizeAttributes>(node.attributes).mode == ResizeMode::kNearest) return quantise_move(nodes, node);
      return;
    case Op::kMaxPool:
    case Op::kDepthToSpace:
    case Op::kSpaceToDepth:
    case Op::kConcat:
    case Op::kSlice:
    case Op::kSplit:
    case Op::kReshape:
    case Op::kTranspose:
      return quantise_move(nodes, node);
    default:
      return;
  }
}

}  // namespace

void quantise(Graph& graph) {
  note_scales(graph);
  QuantisedNodes nodes(graph);
  for (Node& node : graph.nodes) {
    if (!nodes.is_gone(node)) quantise_operator(nodes, node);
  }
  nodes.finish();
}

}  // namespace tandem::graph
