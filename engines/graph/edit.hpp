// What passes use to look at a graph and to change it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engines/graph/graph.hpp"

namespace tandem::graph {

inline std::size_t index(ValueId id) noexcept { return static_cast<std::size_t>(id); }

/// Who writes and who reads each value. A node that is to change is taken out before and put back after, by a Change.
class Uses {
 public:
  explicit Uses(const Graph& graph);

  /// While it lives, its node is no reader and no writer and may be changed. Values may be added to the graph.
  class Change {
   public:
    Change(Uses& uses, const Graph& graph, const Node& node) : uses_(uses), graph_(graph), node_(node) {
      uses_.remove(id(), node_);
    }
    ~Change() { uses_.add(graph_, id(), node_); }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    [[nodiscard]] NodeId id() const { return static_cast<NodeId>(&node_ - graph_.nodes.data()); }
    Uses& uses_;
    const Graph& graph_;
    const Node& node_;
  };

  /// The node that writes the value; kNoNode: an input or a constant.
  static constexpr NodeId kNoNode = -1;
  [[nodiscard]] NodeId writer(ValueId id) const noexcept { return id == kNoValue ? kNoNode : writers_[index(id)]; }
  /// The nodes that read the value; one that reads it twice is here twice.
  [[nodiscard]] const std::vector<NodeId>& readers(ValueId id) const noexcept { return readers_[index(id)]; }
  [[nodiscard]] bool is_output(ValueId id) const noexcept { return is_output_[index(id)]; }
  /// The graph's output `from` has become `to`.
  void move_output(ValueId from, ValueId to) {
    is_output_[index(from)] = false;
    is_output_[index(to)] = true;
  }
  /// The one node that reads the value, if nothing else needs it, else kNoNode.
  [[nodiscard]] NodeId only_reader(ValueId id) const noexcept {
    return !is_output(id) && readers(id).size() == 1 ? readers(id)[0] : kNoNode;
  }

 private:
  void remove(NodeId id, const Node& node);
  void add(const Graph& graph, NodeId id, const Node& node);

  std::vector<NodeId> writers_;
  std::vector<std::vector<NodeId>> readers_;
  std::vector<bool> is_output_;
};

/// The elements of a float constant; empty if the value is none.
std::span<const float> floats(const Graph& graph, ValueId id);
/// The one element of a float constant of any rank; false if the value is something else.
bool is_scalar(const Graph& graph, ValueId id, float* element);
/// Whether the value is a float constant with one element, close to `expected` (2 units in the last place).
bool is_number(const Graph& graph, ValueId id, float expected);

/// Adds the sources of `from` to those of `to`, each once.
void join_sources(Node& to, const Node& from);

/// Removes the nodes that are marked, keeping the order of the others.
void remove_nodes(Graph& graph, const std::vector<bool>& gone);

/// Replaces each use of a value, also as an output of the graph, by another value.
void replace_uses(Graph& graph, Uses& uses, ValueId from, ValueId to);

}  // namespace tandem::graph
