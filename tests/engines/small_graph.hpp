// Small graphs for tests of single passes, NCHW unless said otherwise.
#pragma once

#include <string>
#include <vector>

#include "engines/graph/graph.hpp"

namespace tandem::test {

class SmallGraph {
 public:
  graph::Graph g;

  /// An input of the graph.
  graph::ValueId input(graph::Dims dims) {
    g.inputs.push_back(g.tensor("in", std::move(dims)));
    return g.inputs.back();
  }
  graph::ValueId number(float x) { return g.constant("number", {}, {x}); }
  /// A constant with the elements 0.1, 0.2 ...
  graph::ValueId weights(graph::Dims dims) {
    std::int64_t n = 1;
    for (const std::int64_t d : dims) n *= d;
    std::vector<float> elements;
    for (std::int64_t i = 1; i <= n; ++i) elements.push_back(static_cast<float>(i % 17) * 0.1F);
    return g.constant("weights", std::move(dims), std::move(elements));
  }
  /// A node with one output of these dims; its source is its place.
  graph::ValueId node(graph::Op op, std::vector<graph::ValueId> reads, graph::Dims dims = {},
                      graph::Attributes attributes = {}) {
    graph::Value value;
    value.rank_known = !dims.empty();
    value.dims = std::move(dims);
    const graph::ValueId to = g.add(std::move(value));
    const auto source = static_cast<std::int32_t>(g.nodes.size());
    g.node(op, "node" + std::to_string(source), std::move(reads), {to}, std::move(attributes), source);
    return to;
  }
  graph::ValueId activation(graph::ValueId x, graph::Dims dims, const Activation& a) {
    return node(graph::Op::kActivation, {x}, std::move(dims), a);
  }
  /// Channels and size as they are: K x K with SAME padding.
  graph::ValueId conv(graph::ValueId x, const graph::Dims& from, std::int64_t out, std::int64_t kernel = 1,
                      std::int32_t groups = 1) {
    graph::ConvAttributes a;
    a.groups = groups;
    const auto p = static_cast<std::int32_t>(kernel / 2);
    a.padding = Padding::uniform(p);
    return node(graph::Op::kConv, {x, weights({out, from[1] / groups, kernel, kernel}), weights({out})},
                {from[0], out, from[2], from[3]}, a);
  }
  graph::ValueId mean(graph::ValueId x, const graph::Dims& from) {
    return node(graph::Op::kReduceMean, {x}, {from[0], from[1], 1, 1}, graph::ReduceAttributes{{2, 3}, true});
  }
  void output(graph::ValueId id) { g.outputs.push_back(id); }
};

/// The operators in order, e.g. "Conv Add".
inline std::string ops(const graph::Graph& g) {
  std::string text;
  for (const graph::Node& node : g.nodes) text += (text.empty() ? "" : " ") + std::string(to_string(node.op));
  return text;
}

}  // namespace tandem::test
