// An engine for tests: it gives its graph to claim(), hands each group to compile() as a graph of its own, and computes all
// else by the interpreter. A group that is not convex, or that forgets a node, stops it.
#pragma once

#include <string>
#include <vector>

#include "engines/graph/claim.hpp"
#include "engines/graph/compile.hpp"
#include "tests/engines/interpreter.hpp"

namespace tandem::test {

struct FloatArray {
  graph::Dims dims;
  std::vector<float> data;
};

/// The nodes of some sources as a graph: what they read from outside are its inputs, what others need its outputs.
graph::Graph subgraph(const graph::Graph& graph, const std::vector<std::int32_t>& sources);

class ToyEngine {
 public:
  /// `problem` is empty, or says what went wrong.
  ToyEngine(const graph::Graph& graph, const graph::Claims& claims, std::int32_t threads);
  [[nodiscard]] const std::string& problem() const { return problem_; }

  /// The graph's outputs, or none with a problem. Workers run on real threads of their own.
  std::vector<FloatArray> run(const std::vector<FloatArray>& inputs);

  [[nodiscard]] std::string explain() const;

 private:
  struct Part {
    graph::Graph graph;
    graph::Compiled compiled;
  };
  graph::Graph graph_;
  graph::Claims claims_;
  std::vector<Part> parts_;
  std::vector<std::int32_t> part_of_;  // of each node; -1: the engine's own
  std::string problem_;
};

/// Runs a compiled graph alone. of_bytes: the graph, if an input or output of it has 8 bits, whose integers are floats here.
Status run(const graph::Compiled& compiled, const std::vector<FloatArray>& inputs, std::vector<FloatArray>* outputs,
           bool threads = true, const graph::Graph* of_bytes = nullptr);

/// Random elements in [-1, 1).
FloatArray random_array(graph::Dims dims, std::uint64_t seed);

/// The outputs of the interpreter for these inputs.
std::vector<Array> expected(const graph::Graph& graph, const std::vector<FloatArray>& inputs);

/// The largest error of all elements, in units of its bound: at most 1 is right. Infinity if shapes differ.
double worst(const std::vector<FloatArray>& got, const std::vector<Array>& want);

}  // namespace tandem::test
