// Activations, affines and residuals into the operator that writes their input.
#include <algorithm>
#include <cmath>

#include "engines/graph/affine.hpp"
#include "engines/graph/edit.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/same_sizes.hpp"

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
  return a.scale.size == 0 && a.shift.size == 0 && a.kind == Activation::Kind::kClamp && std::isinf(a.lo) && a.lo < 0 &&
         std::isinf(a.hi) && a.hi > 0;
}

// a * scale + shift of an affine that is there, each for all channels or by channel; empty: 1 and 0.
std::vector<float> combined(FloatSpan now, double otherwise, const std::vector<double>& values, bool product) {
  std::vector<float> all;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const double before = now.size == 0 ? otherwise : static_cast<double>(now.data[now.size == 1 ? 0 : c]);
    all.push_back(static_cast<float>(product ? before * values[c] : before + values[c]));
  }
  if (std::all_of(all.begin(), all.end(), [&](float x) { return x == all[0]; })) all.resize(1);
  return all;
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(static_cast<float>(x)); });
}

class Epilogues {
 public:
  explicit Epilogues(Graph& graph)
      : graph_(graph),
        dims_(infer_what_is_known(graph)),
        same_sizes_(graph, dims_),
        uses_(graph),
        gone_(graph.nodes.size(), false) {}

  bool run() {
    bool changed = false;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node& node = graph_.nodes[i];
      if (node.op == Op::kPrelu) changed |= prelu(node);
      if (node.op == Op::kGelu) {
        node.op = Op::kActivation;
        node.attributes = Activation::gelu();
      }
      changed |=
          node.op == Op::kActivation ? activation(node) : affine(node) || (node.op == Op::kAdd && residual(node));
    }
    remove_nodes(graph_, gone_);
    return changed;
  }

 private:
  // The node that writes a value which this node alone reads. Operators on 8 bits have what they can already.
  Node* before(ValueId id) {
    const NodeId writer = uses_.writer(id);
    if (writer == Uses::kNoNode || uses_.only_reader(id) == Uses::kNoNode || gone_[index(writer)]) return nullptr;
    Node& node = graph_.nodes[index(writer)];
    return is_quantised(graph_, node) ? nullptr : &node;
  }

  // `first` takes the place of `node`, which runs later, so that all its inputs are there, also a residual.
  void replace(Node& node, Node& first, ValueId residual = kNoValue) {
    const Uses::Change both[] = {{uses_, graph_, node}, {uses_, graph_, first}};
    if (residual != kNoValue) {
      first.inputs.resize(4, kNoValue);
      first.inputs[3] = residual;
    }
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
    const auto& wanted = std::get<Activation>(node.attributes);
    // A matrix product has its columns where an image in NCHW has a row: other channels than a PReLU's.
    const bool by_channel = wanted.kind == Activation::Kind::kPrelu || wanted.scale.size > 1 || wanted.shift.size > 1;
    const bool image = dims_[index(node.inputs[0])] && dims_[index(node.inputs[0])]->size() == 4;
    if (by_channel && first->op == Op::kMatMul && image && graph_.layout == Layout::kNchw) return false;
    *own = wanted;
    replace(node, *first);
    return true;
  }

  // s * act(x) + t, as PP-OCR has it. A plain convolution's affine has moved into its weights.
  bool affine(Node& node) {
    if (node.op < Op::kAdd || node.op > Op::kDiv) return false;
    for (const ValueId id : node.inputs) {
      Node* first = before(id);
      Activation* own = first == nullptr               ? nullptr
                        : first->op == Op::kActivation ? &std::get<Activation>(first->attributes)
                                                       : activation_of(*first);
      const auto& x = dims_[index(id)];
      if (own == nullptr || is_none(*own) || !x || x->empty()) continue;
      const auto* conv = std::get_if<ConvAttributes>(&first->attributes);
      if (conv != nullptr && conv->residual_after_activation) continue;
      // By itself an activation takes the channels of an image, or the last axis of anything else.
      const bool matrix = first->op == Op::kMatMul || (first->op == Op::kActivation && x->size() != 4);
      const std::int64_t channels = (*x)[matrix ? x->size() - 1 : image_axes(graph_.layout).c];
      if (channels < 1) continue;
      const auto found = find_affine(graph_, dims_, node, matrix, channels);
      if (!found || found->x != id || !all_finite(found->values)) continue;
      const Activation was = *own;
      if (found->product) own->scale = keep(combined(was.scale, 1, found->values, true));
      if (!found->product || was.shift.size > 0) {
        own->shift = keep(combined(was.shift, 0, found->values, found->product));
      }
      replace(node, *first);
      return true;
    }
    return false;
  }

  bool residual(Node& node) {
    // The input that is written last: the other one is there before.
    const std::size_t last = uses_.writer(node.inputs[1]) > uses_.writer(node.inputs[0]) ? 1 : 0;
    for (const std::size_t i : {last, 1 - last}) {
      Node* first = before(node.inputs[i]);
      const ValueId other = node.inputs[1 - i];
      if (first == nullptr || first->op != Op::kConv || other == node.inputs[i]) continue;
      if (first->inputs.size() > 3 || graph_.values[index(other)].constant) continue;
      if (!same_sizes_.same(node.inputs[i], other)) continue;
      auto& a = std::get<ConvAttributes>(first->attributes);
      a.residual_after_activation = !is_none(a.activation);
      replace(node, *first, other);
      return true;
    }
    return false;
  }

  // An Activation refers to its constants; the graph keeps them.
  FloatSpan keep(std::vector<float> elements) {
    const auto count = static_cast<std::int64_t>(elements.size());
    const ValueId id = graph_.constant("epilogue", {count}, std::move(elements));
    dims_.emplace_back(Dims{count});
    return {graph_.values[index(id)].data.floats, static_cast<std::size_t>(count)};
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
    std::vector<float> each(static_cast<std::size_t>(channels), slopes[0]);
    if (slopes.size() > 1) each.assign(slopes.begin(), slopes.end());
    const FloatSpan kept = keep(std::move(each));
    const Uses::Change change(uses_, graph_, node);
    node.op = Op::kActivation;
    node.attributes = Activation::prelu(kept);
    node.inputs = {node.inputs[0]};
    return true;
  }

  Graph& graph_;
  AllDims dims_;
  SameSizes same_sizes_;  // of the values before the pass
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
  fuse_tables(graph);
  fuse_squeeze_excites(graph);
  fuse_blocks(graph);
}

}  // namespace tandem::graph
