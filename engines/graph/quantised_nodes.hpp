// How an operator between DQs and Qs (see normalise_quantised.cpp) becomes one on 8 bits: the steps that all kinds share.
#pragma once

#include <vector>

#include "engines/graph/edit.hpp"

namespace tandem::graph {

/// The nodes of a graph while they are replaced. DQ: a kDequantize from 8 bits of a known scale; Q: a kQuantize to such.
class QuantisedNodes {
 public:
  explicit QuantisedNodes(Graph& graph)
      : graph_(graph), uses_(graph), gone_(graph.nodes.size(), false), absorbed_(graph.nodes.size(), false) {}

  [[nodiscard]] Graph& graph() noexcept { return graph_; }
  [[nodiscard]] const Uses& uses() const noexcept { return uses_; }
  [[nodiscard]] const Value& value(ValueId id) const { return graph_.values[index(id)]; }
  /// While it lives, the node may be changed.
  [[nodiscard]] Uses::Change change(const Node& node) { return {uses_, graph_, node}; }
  [[nodiscard]] bool is_gone(const Node& node) const { return gone_[number(node)]; }

  /// What follows an operator: a clamp, a Q, or both.
  struct Tail {
    Node* clamp = nullptr;
    Node* quantize = nullptr;
  };
  [[nodiscard]] Tail tail(ValueId id, ElementType type);

  /// The DQ that writes a value, else null.
  [[nodiscard]] Node* dequantized(ValueId id);
  /// The DQs of all inputs, if they are of one type; else empty.
  [[nodiscard]] std::vector<Node*> all_dequantized(const Node& node);
  /// The Q to `type` that alone reads a value, else null.
  [[nodiscard]] Node* quantized(ValueId id, ElementType type);

  /// A value like another, but with the type and scale of a third.
  ValueId like(ValueId shape, ValueId scale);

  /// The node reads and writes 8 bits from now on. Its inputs are written by these DQs (null: it keeps that input).
  void replace(Node& node, const std::vector<Node*>& dequantize, std::vector<ValueId> outputs, Op op);
  /// The Q after an operator becomes an activation on 8 bits that reads `from`.
  void become_table(Node& quantize, ValueId from, const Activation& activation);
  /// An operator between these DQs and a Q computes on 8 bits; false if it is none.
  bool compute(Node& node, const std::vector<Node*>& inputs);

  void drop(Node& node);
  /// Some node stands for this one, which goes if nobody reads it any more.
  void absorb(const Node& node) { absorbed_[number(node)] = true; }
  /// Removes the nodes that are gone, and the DQs that are absorbed and not read.
  void finish();

 private:
  [[nodiscard]] std::size_t number(const Node& node) const {
    return static_cast<std::size_t>(&node - graph_.nodes.data());
  }
  [[nodiscard]] Node* reader(ValueId id);

  Graph& graph_;
  Uses uses_;
  std::vector<bool> gone_;
  std::vector<bool> absorbed_;  // some node stands for them
};

}  // namespace tandem::graph
