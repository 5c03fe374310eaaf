// Batch norms become a Mul and an Add, which are then affines like others.
#include <cmath>

#include "engines/graph/edit.hpp"
#include "engines/graph/linear.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {

// y = x * (gamma / sqrt(variance + epsilon)) + (beta - mean * gamma / sqrt(variance + epsilon))
void split_batch_norms(Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].op != Op::kBatchNorm) continue;
    const Node norm = graph.nodes[i];
    const auto gamma = floats(graph, norm.inputs[1]), beta = floats(graph, norm.inputs[2]);
    const auto mean = floats(graph, norm.inputs[3]), variance = floats(graph, norm.inputs[4]);
    if (gamma.empty() || beta.empty() || mean.empty() || variance.empty()) continue;
    std::vector<double> scale, shift;
    const auto epsilon = static_cast<double>(std::get<BatchNormAttributes>(norm.attributes).epsilon);
    for (std::size_t c = 0; c < gamma.size(); ++c) {
      scale.push_back(static_cast<double>(gamma[c]) / std::sqrt(static_cast<double>(variance[c]) + epsilon));
      shift.push_back(static_cast<double>(beta[c]) - static_cast<double>(mean[c]) * scale.back());
    }
    const auto channels = static_cast<std::int64_t>(gamma.size());
    const Dims dims = graph.layout == Layout::kNchw ? Dims{channels, 1, 1} : Dims{channels};
    Value scaled = graph.values[index(norm.outputs[0])];
    scaled.name = norm.name + " scaled";
    const ValueId between = graph.add(std::move(scaled));
    Node product, sum;
    product.op = Op::kMul;
    product.name = sum.name = norm.name;
    product.inputs = {norm.inputs[0], graph.constant(norm.name + " scale", dims, rounded(scale))};
    product.outputs = {between};
    product.sources = sum.sources = norm.sources;
    sum.op = Op::kAdd;
    sum.inputs = {between, graph.constant(norm.name + " shift", dims, rounded(shift))};
    sum.outputs = norm.outputs;
    graph.nodes[i] = std::move(product);
    graph.nodes.insert(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(sum));
  }
}

}  // namespace tandem::graph
