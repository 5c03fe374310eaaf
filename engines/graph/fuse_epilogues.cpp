// Activations and residuals into the operator that writes their input.
#include <cmath>

#include "engines/graph/edit.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/infer.hpp"

namespace tandem::graph {
namespace {

// The activation of a node that can have one, else null.
Activation* activation_of(Node& node) {
  if (auto* conv = std::get_if<ConvAttributes>(&node.attributes)) {
    return node.op == Op::kConv ? &conv->activation : nullptr;
  }
  if (auto* transposed = std::get_if<ConvTransposeAttributes>(&node.attributes)) return &transposed->activation;
  if (auto* matmul = std::get_if<MatMulAttributes>(&node.attributes)) return &matmul->activation;
  return nullptr;
}

bool is_none(const Activation& a) {
  return a.kind == Activation::Kind::kClamp && std::isinf(a.lo) && a.lo < 0 && std::isinf(a.hi) && a.hi > 0;
}

// Two values have the same shape, as far as is known. Two unknown sizes count as the same: plan() checks that.
bool same_shape(const std::optional<Dims>& a, const std::optional<Dims>& b) { return a && b && *a == *b; }

class Epilogues {
 public:
  explicit Epilogues(Graph& graph)
      : graph_(graph), dims_(infer_what_is_known(graph)), uses_(graph), gone_(graph.nodes.size(), false) {}

  bool run() {
    bool changed = false;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node& node = graph_.nodes[i];
      if (node.op == Op::kPrelu) changed |= prelu(node);
      if (node.op == Op::kGelu) {
        node.op = Op::kActivation;
        node.attributes = Activation::gelu();
      }
      if (!(node.op == Op::kActivation && activation(node)) && !(node.op == Op::kAdd && residual(node))) continue;
      changed = true;
      uses_ = Uses(graph_);
    }
    remove_nodes(graph_, gone_);
    return changed;
  }

 private:
  // The node that writes a value which this node alone reads.
  Node* before(ValueId id) {
    const NodeId writer = uses_.writer(id);
    if (writer == Uses::kNoNode || uses_.only_reader(id) == Uses::kNoNode || gone_[index(writer)]) return nullptr;
    return &graph_.nodes[index(writer)];
  }

  // `first` takes the place of `node`, which runs later, so that all its inputs are there.
  void replace(Node& node, Node& first) {
    join_sources(first, node);
    first.outputs[0] = node.outputs[0];
    gone_[static_cast<std::size_t>(&first - graph_.nodes.data())] = true;
    node = first;
    first.inputs.clear();
    first.outputs.clear();
  }

  bool activation(Node& node) {
    Node* first = before(node.inputs[0]);
    Activation* own = first != nullptr ? activation_of(*first) : nullptr;
    if (own == nullptr || !is_none(*own)) return false;
    const auto* conv = std::get_if<ConvAttributes>(&first->attributes);
    if (conv != nullptr && conv->residual_after_activation) return false;
    *own = std::get<Activation>(node.attributes);
    replace(node, *first);
    return true;
  }

  bool residual(Node& node) {
    // The input that is written last: the other one is there before.
    const std::size_t last = uses_.writer(node.inputs[1]) > uses_.writer(node.inputs[0]) ? 1 : 0;
    for (const std::size_t i : {last, 1 - last}) {
      Node* first = before(node.inputs[i]);
      const ValueId other = node.inputs[1 - i];
      if (first == nullptr || first->op != Op::kConv || other == node.inputs[i]) continue;
      if (first->inputs.size() > 3 || graph_.values[index(other)].constant) continue;
      if (!same_shape(dims_[index(node.inputs[i])], dims_[index(other)])) continue;
      first->inputs.resize(4, kNoValue);
      first->inputs[3] = other;
      auto& a = std::get<ConvAttributes>(first->attributes);
      a.residual_after_activation = !is_none(a.activation);
      replace(node, *first);
      return true;
    }
    return false;
  }

  bool prelu(Node& node) {
    const auto slopes = floats(graph_, node.inputs[1]);
    const auto& x = dims_[index(node.inputs[0])];
    if (slopes.empty() || !x || x->empty()) return false;
    const std::size_t axis = x->size() == 4 ? image_axes(graph_.layout).c : x->size() - 1;
    const std::int64_t channels = (*x)[axis];
    Dims dims = graph_.values[index(node.inputs[1])].dims;
    if (channels == kUnknown || dims.size() > x->size()) return false;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const std::size_t at = x->size() - dims.size() + i;
      if (dims[i] != 1 && (at != axis || dims[i] != channels)) return false;
    }
    // An Activation refers to its slopes; the graph keeps them.
    std::vector<float> each(static_cast<std::size_t>(channels), slopes[0]);
    if (slopes.size() > 1) each.assign(slopes.begin(), slopes.end());
    const ValueId constant = graph_.constant(node.name + " slopes", {channels}, std::move(each));
    dims_.emplace_back(Dims{channels});
    node.op = Op::kActivation;
    node.attributes =
        Activation::prelu(FloatSpan(graph_.values[index(constant)].data.floats, static_cast<std::size_t>(channels)));
    node.inputs = {node.inputs[0]};
    uses_ = Uses(graph_);
    return true;
  }

  Graph& graph_;
  AllDims dims_;
  Uses uses_;
  std::vector<bool> gone_;
};

}  // namespace

void fuse_epilogues(Graph& graph) {
  while (Epilogues(graph).run()) {
  }
}

void fuse(Graph& graph) {
  fuse_epilogues(graph);
  fuse_squeeze_excites(graph);
  fuse_blocks(graph);
}

}  // namespace tandem::graph
