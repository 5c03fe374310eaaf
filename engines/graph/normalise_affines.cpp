// Products and sums with constants, by number or by channel, move into the weights of convolutions and matrix products:
//   s * conv(x) + t   = conv with filter s[m] * f[m, ...] and bias s[m] * b[m] + t[m]
//   conv(s * x)       = conv with filter f[m, c, ...] * s[c]
//   conv(x + t)       = conv with bias b[m] + sum_{c, taps} f[m, c, tap] * t[c], if no tap reads padding
// in double, rounded once for each step.
#include <algorithm>
#include <cmath>
#include <optional>

#include "engines/graph/edit.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {
namespace {

// The filter and the bias of a convolution or matrix product, whatever its layout.
struct Linear {
  FilterSizes sizes;  // out: all output channels; in: input channels of a group
  FilterLayout layout = FilterLayout::kOihw;
  std::int64_t groups = 1;
  std::span<const float> filter;
  std::vector<double> bias;
  bool pads = false;  // some tap may read padding
  bool has_activation = false;

  std::int64_t in_channels() const { return sizes.in * groups; }

  // Calls visit(m, c, i) for each element i of the filter: output channel m, input channel c of the whole input.
  template <class Visit>
  void each(Visit visit) const {
    const std::int64_t taps = sizes.h * sizes.w;
    const std::int64_t outs = sizes.out / groups;
    const auto count = static_cast<std::int64_t>(filter.size());
    for (std::int64_t i = 0; i < count; ++i) {
      std::int64_t m = 0, c = 0;
      switch (layout) {
        case FilterLayout::kOihw:
          m = i / (sizes.in * taps), c = i / taps % sizes.in;
          break;
        case FilterLayout::kOhwi:
          m = i / (sizes.in * taps), c = i % sizes.in;
          break;
        case FilterLayout::kHwio:
          m = i % sizes.out, c = i / sizes.out % sizes.in;
          break;
        case FilterLayout::k1hwc:
          m = i % sizes.out;
          break;
        case FilterLayout::kIohw: {  // [all inputs, outputs of a group, taps]
          const std::int64_t input = i / (outs * taps);
          visit((input / sizes.in) * outs + i / taps % outs, input, i);
          continue;
        }
      }
      visit(m, m / outs * sizes.in + c, i);
    }
  }
};

bool has_activation(const Activation& a) {
  return a.kind != Activation::Kind::kClamp || !std::isinf(a.lo) || !std::isinf(a.hi);
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

// y = x * scale or y = x + shift, with a value for each channel.
struct Affine {
  ValueId x = kNoValue;
  bool product = false;
  std::vector<double> values;
};

class Folder {
 public:
  explicit Folder(Graph& graph) : graph_(graph), dims_(infer_what_is_known(graph)), uses_(graph) {}

  bool run() {
    std::vector<bool> gone(graph_.nodes.size(), false);
    bool changed = false;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!into_writer(graph_.nodes[i]) && !into_readers(graph_.nodes[i])) continue;
      gone[i] = changed = true;
      graph_.nodes[i].inputs.clear();
      graph_.nodes[i].outputs.clear();
      dims_.resize(graph_.values.size());
      uses_ = Uses(graph_);
    }
    remove_nodes(graph_, gone);
    return changed;
  }

 private:
  // The constant's elements for `channels` channels of x, if it has one for each, or one for all, and does not change
  // x's shape.
  std::optional<std::vector<double>> by_channel(ValueId constant, ValueId x, std::size_t axis, std::int64_t channels) {
    const auto data = floats(graph_, constant);
    const auto& dims = graph_.values[index(constant)].dims;
    const auto& from = dims_[index(x)];
    if (data.empty() || !from || dims.size() > from->size()) return std::nullopt;
    const std::size_t front = from->size() - dims.size();
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] != 1 && (front + i != axis || dims[i] != channels)) return std::nullopt;
    }
    std::vector<double> values(static_cast<std::size_t>(channels));
    for (std::size_t c = 0; c < values.size(); ++c) values[c] = static_cast<double>(data[data.size() == 1 ? 0 : c]);
    return values;
  }

  // What an operator with a constant does to the other input. `linear_op` is the operator beside it.
  std::optional<Affine> affine(const Node& node, Op linear_op, std::int64_t channels) {
    if (node.op < Op::kAdd || node.op > Op::kDiv) return std::nullopt;
    for (const std::size_t i : {1U, 0U}) {
      if (i == 0 && (node.op == Op::kSub || node.op == Op::kDiv)) continue;
      const ValueId x = node.inputs[1 - i];
      const auto& from = dims_[index(x)];
      if (!from || from->empty()) continue;
      const std::size_t axis = linear_op == Op::kMatMul ? from->size() - 1 : image_axes(graph_.layout).c;
      auto values = by_channel(node.inputs[i], x, axis, channels);
      if (!values) continue;
      for (double& v : *values) v = node.op == Op::kSub ? -v : node.op == Op::kDiv ? 1 / v : v;
      return Affine{x, node.op == Op::kMul || node.op == Op::kDiv, std::move(*values)};
    }
    return std::nullopt;
  }

  bool into_writer(const Node& node) {
    for (const ValueId id : node.inputs) {
      if (node.op < Op::kAdd || node.op > Op::kDiv) return false;
      const NodeId writer = uses_.writer(id);
      if (writer == Uses::kNoNode || uses_.only_reader(id) == Uses::kNoNode) continue;
      Node& before = graph_.nodes[index(writer)];
      auto l = linear(graph_, before);
      if (!l || l->has_activation) continue;
      const auto a = affine(node, before.op, l->sizes.out);
      if (!a || a->x != id) continue;
      for (std::size_t m = 0; m < l->bias.size(); ++m) {
        l->bias[m] = a->product ? l->bias[m] * a->values[m] : l->bias[m] + a->values[m];
      }
      if (a->product) {
        std::vector<float> filter(l->filter.size());
        l->each([&](std::int64_t m, std::int64_t, std::int64_t i) {
          const auto at = static_cast<std::size_t>(i);
          filter[at] = static_cast<float>(static_cast<double>(l->filter[at]) * a->values[static_cast<std::size_t>(m)]);
        });
        set_filter(graph_, before, std::move(filter));
      }
      set_bias(graph_, before, l->bias);
      before.outputs[0] = node.outputs[0];
      join_sources(before, node);
      return true;
    }
    return false;
  }

  bool into_readers(const Node& node) {
    if (node.op < Op::kAdd || node.op > Op::kDiv || uses_.is_output(node.outputs[0])) return false;
    const auto& readers = uses_.readers(node.outputs[0]);
    if (readers.empty()) return false;
    for (const NodeId reader : readers) {
      const Node& after = graph_.nodes[index(reader)];
      const auto l = linear(graph_, after);
      if (!l || after.inputs[0] != node.outputs[0] ||
          std::count(after.inputs.begin(), after.inputs.end(), node.outputs[0]) != 1) {
        return false;
      }
      const auto a = affine(node, after.op, l->in_channels());
      if (!a || (!a->product && l->pads)) return false;
    }
    const std::vector<NodeId> all = readers;  // adding constants does not change who reads
    for (const NodeId reader : all) fold_before(node, graph_.nodes[index(reader)]);
    return true;
  }

  void fold_before(const Node& node, Node& after) {
    auto l = *linear(graph_, after);
    const Affine a = *affine(node, after.op, l.in_channels());
    std::vector<float> filter(l.filter.size());
    l.each([&](std::int64_t m, std::int64_t c, std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      const double product = static_cast<double>(l.filter[at]) * a.values[static_cast<std::size_t>(c)];
      if (a.product) {
        filter[at] = static_cast<float>(product);
      } else {
        l.bias[static_cast<std::size_t>(m)] += product;
      }
    });
    if (a.product) {
      set_filter(graph_, after, std::move(filter));
    } else {
      set_bias(graph_, after, l.bias);
    }
    after.inputs[0] = a.x;
    join_sources(after, node);
  }

  Graph& graph_;
  AllDims dims_;
  Uses uses_;
};

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

}  // namespace

void fold_affines(Graph& graph) {
  split_batch_norms(graph);
  while (Folder(graph).run()) {
  }
}

}  // namespace tandem::graph
