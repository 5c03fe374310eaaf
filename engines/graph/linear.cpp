#include "engines/graph/linear.hpp"

#include <algorithm>
#include <cmath>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

bool has_activation(const Activation& a) {
  return a.kind != Activation::Kind::kClamp || !std::isinf(a.lo) || !std::isinf(a.hi);
}

// Calls visit(m, c, i) for each element i of the filter, in the order of memory: output channel m, input channel c of the
// whole input. A division for each element would take longer than reading it.
template <class Visit>
void each(const Linear& l, Visit visit) {
  const std::int64_t taps = l.sizes.h * l.sizes.w, outs = l.sizes.out / l.groups;
  std::vector<std::int64_t> first(static_cast<std::size_t>(l.sizes.out));  // input channel of m's group
  for (std::size_t m = 0; m < first.size(); ++m) first[m] = static_cast<std::int64_t>(m) / outs * l.sizes.in;
  const auto input = [&](std::int64_t m, std::int64_t c) { return first[static_cast<std::size_t>(m)] + c; };
  std::int64_t i = 0;
  const auto loops = [&](std::int64_t outer, std::int64_t middle, std::int64_t inner, auto body) {
    for (std::int64_t a = 0; a < outer; ++a) {
      for (std::int64_t b = 0; b < middle; ++b) {
        for (std::int64_t c = 0; c < inner; ++c) body(a, b, c, i++);
      }
    }
  };
  using Int = std::int64_t;
  switch (l.layout) {
    case FilterLayout::kOihw:
      return loops(l.sizes.out, l.sizes.in, taps, [&](Int m, Int c, Int, Int at) { visit(m, input(m, c), at); });
    case FilterLayout::kOhwi:
      return loops(l.sizes.out, taps, l.sizes.in, [&](Int m, Int, Int c, Int at) { visit(m, input(m, c), at); });
    case FilterLayout::kHwio:
      return loops(taps, l.sizes.in, l.sizes.out, [&](Int, Int c, Int m, Int at) { visit(m, input(m, c), at); });
    case FilterLayout::k1hwc:
      return loops(1, taps, l.sizes.out, [&](Int, Int, Int m, Int at) { visit(m, input(m, 0), at); });
    case FilterLayout::kIohw:  // [all inputs, outputs of a group, taps]
      return loops(l.in_channels(), outs, taps,
                   [&](Int c, Int m, Int, Int at) { visit(c / l.sizes.in * outs + m, c, at); });
  }
}

float product(float weight, const std::vector<double>& values, std::int64_t channel) {
  return static_cast<float>(static_cast<double>(weight) * values[static_cast<std::size_t>(channel)]);
}

}  // namespace

std::vector<float> Linear::scaled_by_output(const std::vector<double>& values) const {
  std::vector<float> scaled(filter.size());
  each(*this, [&](std::int64_t m, std::int64_t, std::int64_t i) {
    scaled[static_cast<std::size_t>(i)] = product(filter[static_cast<std::size_t>(i)], values, m);
  });
  return scaled;
}

std::vector<float> Linear::scaled_by_input(const std::vector<double>& values) const {
  std::vector<float> scaled(filter.size());
  each(*this, [&](std::int64_t, std::int64_t c, std::int64_t i) {
    scaled[static_cast<std::size_t>(i)] = product(filter[static_cast<std::size_t>(i)], values, c);
  });
  return scaled;
}

void Linear::add_inputs(const std::vector<double>& values) {
  each(*this, [&](std::int64_t m, std::int64_t c, std::int64_t i) {
    bias[static_cast<std::size_t>(m)] +=
        static_cast<double>(filter[static_cast<std::size_t>(i)]) * values[static_cast<std::size_t>(c)];
  });
}

std::optional<Linear> linear(const Graph& graph, const Node& node) {
  if (node.op != Op::kConv && node.op != Op::kConvTranspose && node.op != Op::kMatMul) return std::nullopt;
  Linear l;
  l.filter = floats(graph, node.inputs[1]);
  const Dims& dims = graph.values[index(node.inputs[1])].dims;
  if (l.filter.empty()) return std::nullopt;
  if (node.op == Op::kMatMul) {
    const auto& a = std::get<MatMulAttributes>(node.attributes);
    if (dims.size() != 2) return std::nullopt;
    l.layout = a.filter_transposed ? FilterLayout::kOihw : FilterLayout::kHwio;
    l.sizes = a.filter_transposed ? FilterSizes{dims[0], dims[1], 1, 1} : FilterSizes{dims[1], dims[0], 1, 1};
    l.has_activation = has_activation(a.activation);
  } else if (dims.size() != 4) {
    return std::nullopt;
  } else if (node.op == Op::kConv) {
    const auto& a = std::get<ConvAttributes>(node.attributes);
    const Padding& p = a.padding;
    l.layout = a.filter_layout;
    l.sizes = filter_sizes(dims, l.layout);
    l.groups = a.groups;
    l.pads = p.mode == Padding::Mode::kExplicit ? (p.top | p.bottom | p.left | p.right) != 0
                                                : l.sizes.h != 1 || l.sizes.w != 1;
    // The residual would be scaled, too.
    l.has_activation = has_activation(a.activation) || node.inputs.size() > 3;
  } else {
    const auto& a = std::get<ConvTransposeAttributes>(node.attributes);
    l.layout = a.filter_layout;
    l.sizes = filter_sizes(dims, l.layout);
    l.groups = a.groups;
    if (l.layout == FilterLayout::kIohw) {
      l.sizes.in /= l.groups;
      l.sizes.out *= l.groups;
    }
    l.pads = true;  // an output is reached by different taps
    l.has_activation = has_activation(a.activation);
  }
  if (l.sizes.out % l.groups != 0) return std::nullopt;
  l.bias.assign(static_cast<std::size_t>(l.sizes.out), 0.0);
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    const auto bias = floats(graph, node.inputs[2]);
    if (bias.size() != l.bias.size() && bias.size() != 1) return std::nullopt;
    for (std::size_t m = 0; m < l.bias.size(); ++m) l.bias[m] = static_cast<double>(bias[bias.size() == 1 ? 0 : m]);
  }
  return l;
}

std::vector<float> rounded(const std::vector<double>& from) {
  std::vector<float> to;
  to.reserve(from.size());
  for (const double x : from) to.push_back(static_cast<float>(x));
  return to;
}

void set_bias(Graph& graph, Node& node, const std::vector<double>& bias) {
  node.inputs.resize(std::max<std::size_t>(node.inputs.size(), 3), kNoValue);
  node.inputs[2] = graph.constant(node.name + " bias", {static_cast<std::int64_t>(bias.size())}, rounded(bias));
}

void set_filter(Graph& graph, Node& node, std::vector<float> filter) {
  const Dims dims = graph.values[index(node.inputs[1])].dims;
  node.inputs[1] = graph.constant(node.name + " filter", dims, std::move(filter));
}

}  // namespace tandem::graph
