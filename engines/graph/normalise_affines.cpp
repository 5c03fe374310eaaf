// Products and sums with constants, by number or by channel, move into the weights of convolutions and matrix products:
//   s * conv(x) + t   = conv with filter s[m] * f[m, ...] and bias s[m] * b[m] + t[m]
//   conv(s * x)       = conv with filter f[m, c, ...] * s[c]
//   conv(x + t)       = conv with bias b[m] + sum_{c, taps} f[m, c, tap] * t[c], if no tap reads padding
// in double, rounded once for each step.
#include <algorithm>
#include <optional>

#include "engines/graph/affine.hpp"
#include "engines/graph/edit.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/linear.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {
namespace {

class Folder {
 public:
  explicit Folder(Graph& graph) : graph_(graph), dims_(infer_what_is_known(graph)), uses_(graph) {}

  bool run() {
    std::vector<bool> gone(graph_.nodes.size(), false);
    bool changed = false;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!into_writer(graph_.nodes[i]) && !into_readers(graph_.nodes[i])) continue;
      gone[i] = changed = true;
      dims_.resize(graph_.values.size());
    }
    remove_nodes(graph_, gone);
    return changed;
  }

 private:
  std::optional<Affine> affine(const Node& node, Op linear_op, std::int64_t channels) const {
    return find_affine(graph_, dims_, node, linear_op == Op::kMatMul, channels);
  }

  bool into_writer(Node& node) {
    if (node.op < Op::kAdd || node.op > Op::kDiv) return false;
    for (const ValueId id : node.inputs) {
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
      const Uses::Change both[] = {{uses_, graph_, before}, {uses_, graph_, node}};
      if (a->product) set_filter(graph_, before, l->scaled_by_output(a->values));
      set_bias(graph_, before, l->bias);
      before.outputs[0] = node.outputs[0];
      join_sources(before, node);
      node.inputs.clear();
      node.outputs.clear();
      return true;
    }
    return false;
  }

  bool into_readers(Node& node) {
    if (node.op < Op::kAdd || node.op > Op::kDiv || uses_.is_output(node.outputs[0])) return false;
    const std::vector<NodeId> readers = uses_.readers(node.outputs[0]);
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
    for (const NodeId reader : readers) fold_before(node, graph_.nodes[index(reader)]);
    const Uses::Change change(uses_, graph_, node);
    node.inputs.clear();
    node.outputs.clear();
    return true;
  }

  void fold_before(const Node& node, Node& after) {
    auto l = *linear(graph_, after);
    const Affine a = *affine(node, after.op, l.in_channels());
    const Uses::Change change(uses_, graph_, after);
    if (a.product) {
      set_filter(graph_, after, l.scaled_by_input(a.values));
    } else {
      l.add_inputs(a.values);
      set_bias(graph_, after, l.bias);
    }
    after.inputs[0] = a.x;
    join_sources(after, node);
  }

  Graph& graph_;
  AllDims dims_;
  Uses uses_;
};

}  // namespace

void fold_affines(Graph& graph) {
  while (Folder(graph).run()) {
  }
}

}  // namespace tandem::graph
