// Activations out of their pieces. Exporters write hard-swish in at least four ways and GELU in three; the patterns here
// compose: clamps first, then hard-sigmoids of clamps, then products of x with a function of x.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engines/graph/edit.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {
namespace {

using Kind = Activation::Kind;

bool close(float a, float b) { return std::abs(a - b) <= 4 * std::numeric_limits<float>::epsilon() * std::abs(b); }

bool is_hard_sigmoid(const Activation& a, float alpha, float beta) {
  return a.kind == Kind::kHardSigmoid && close(a.alpha, alpha) && close(a.beta, beta);
}

// x and the number of an operator that takes both in any order.
struct WithNumber {
  ValueId x;
  float number;
};

class Finder {
 public:
  explicit Finder(Graph& graph) : graph_(graph), uses_(graph), gone_(graph.nodes.size(), false) {}

  // Visits the nodes in order, so that pieces have become activations before their products are looked at.
  bool run() {
    bool changed = false;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (gone_[i] || !visit(graph_.nodes[i])) continue;
      changed = true;
    }
    remove_nodes(graph_, gone_);
    return changed;
  }

 private:
  // The node that writes a value that nothing but one node reads, if its operator is this one.
  Node* piece(ValueId id, Op op) {
    const NodeId writer = uses_.writer(id);
    if (writer == Uses::kNoNode || gone_[index(writer)]) return nullptr;
    Node& node = graph_.nodes[index(writer)];
    return node.op == op && uses_.only_reader(id) != Uses::kNoNode ? &node : nullptr;
  }
  Node* activation(ValueId id, Kind kind) {
    Node* node = piece(id, Op::kActivation);
    return node != nullptr && std::get<Activation>(node->attributes).kind == kind ? node : nullptr;
  }

  std::optional<WithNumber> with_number(const Node& node) const {
    float number = 0;
    if (is_scalar(graph_, node.inputs[1], &number)) return WithNumber{node.inputs[0], number};
    if (is_scalar(graph_, node.inputs[0], &number)) return WithNumber{node.inputs[1], number};
    return std::nullopt;
  }
  // x * s, written as a product or a quotient.
  std::optional<WithNumber> scaled(const Node& node) const {
    if (node.op == Op::kMul) return with_number(node);
    float number = 0;
    if (node.op != Op::kDiv || !is_scalar(graph_, node.inputs[1], &number)) return std::nullopt;
    return WithNumber{node.inputs[0], 1.0F / number};
  }
  // The number keeps the rank of x, which the dims of the result tell.
  bool keeps_dims(const Node& node, ValueId x) const {
    const Value& from = graph_.values[index(x)];
    const Value& to = graph_.values[index(node.outputs[0])];
    return !from.rank_known || !to.rank_known || from.dims.size() == to.dims.size();
  }

  void become(Node& node, ValueId x, const Activation& activation, std::initializer_list<Node*> pieces) {
    for (Node* piece : pieces) {
      const Uses::Change change(uses_, graph_, *piece);
      join_sources(node, *piece);
      gone_[static_cast<std::size_t>(piece - graph_.nodes.data())] = true;
      piece->inputs.clear();
      piece->outputs.clear();
    }
    const Uses::Change change(uses_, graph_, node);
    node.op = Op::kActivation;
    node.inputs = {x};
    node.attributes = activation;
  }

  bool visit(Node& node) {
    switch (node.op) {
      case Op::kMin:
      case Op::kMax:
        return clamp_of_number(node);
      case Op::kActivation:
        return clamp_of_clamp(node);
      case Op::kDiv:
        return hard_sigmoid(node) || scaled_product(node) || gelu(node);
      case Op::kMul:
        return hard_sigmoid(node) || scaled_product(node) || gelu(node) || product(node);
      default:
        return false;
    }
  }

  bool clamp_of_number(Node& node) {
    const auto pair = with_number(node);
    if (!pair || !keeps_dims(node, pair->x) || std::isnan(pair->number)) return false;
    const float infinity = std::numeric_limits<float>::infinity();
    become(node, pair->x,
           node.op == Op::kMin ? Activation::clamp(-infinity, pair->number) : Activation::clamp(pair->number, infinity),
           {});
    clamp_of_clamp(node);
    return true;
  }

  bool clamp_of_clamp(Node& node) {
    Node* inner = activation(node.inputs[0], Kind::kClamp);
    auto& outer = std::get<Activation>(node.attributes);
    if (inner == nullptr || outer.kind != Kind::kClamp) return false;
    const auto& first = std::get<Activation>(inner->attributes);
    const auto both = Activation::clamp(std::min(std::max(first.lo, outer.lo), outer.hi),
                                        std::max(std::min(first.hi, outer.hi), outer.lo));
    become(node, inner->inputs[0], both, {inner});
    return true;
  }

  // clamp(x + b, 0, h) as pieces; x may have other readers.
  struct ShiftedClamp {
    ValueId x;
    float shift, high;
    Node *add, *clamp;
  };
  std::optional<ShiftedClamp> shifted_clamp(ValueId id) {
    Node* clamp = activation(id, Kind::kClamp);
    if (clamp == nullptr || std::get<Activation>(clamp->attributes).lo != 0) return std::nullopt;
    Node* add = piece(clamp->inputs[0], Op::kAdd);
    const auto pair = add != nullptr ? with_number(*add) : std::nullopt;
    if (!pair || !keeps_dims(*add, pair->x)) return std::nullopt;
    return ShiftedClamp{pair->x, pair->number, std::get<Activation>(clamp->attributes).hi, add, clamp};
  }

  // s * clamp(x + b, 0, 1 / s)
  bool hard_sigmoid(Node& node) {
    const auto scale = scaled(node);
    if (!scale) return false;
    const auto inner = shifted_clamp(scale->x);
    if (!inner || !close(scale->number * inner->high, 1)) return false;
    become(node, inner->x, Activation::hard_sigmoid(scale->number, scale->number * inner->shift),
           {inner->add, inner->clamp});
    return true;
  }

  // (x * clamp(x + 3, 0, 6)) / 6
  bool scaled_product(Node& node) {
    const auto scale = scaled(node);
    Node* product = scale ? piece(scale->x, Op::kMul) : nullptr;
    if (product == nullptr || !close(scale->number, 1.0F / 6)) return false;
    for (const std::size_t i : {0U, 1U}) {
      const auto inner = shifted_clamp(product->inputs[i]);
      if (!inner || inner->x != product->inputs[1 - i] || !close(inner->shift, 3) || !close(inner->high, 6)) continue;
      become(node, inner->x, Activation::hard_swish(), {product, inner->add, inner->clamp});
      return true;
    }
    return false;
  }

  // x * hard_sigmoid(x), x * sigmoid(x)
  bool product(Node& node) {
    for (const std::size_t i : {0U, 1U}) {
      const ValueId x = node.inputs[1 - i];
      Node* gate = piece(node.inputs[i], Op::kActivation);
      if (gate == nullptr || gate->inputs[0] != x) continue;
      const auto& a = std::get<Activation>(gate->attributes);
      if (a.kind == Kind::kSigmoid) {
        become(node, x, Activation::silu(), {gate});
      } else if (is_hard_sigmoid(a, 1.0F / 6, 0.5F)) {
        become(node, x, Activation::hard_swish(), {gate});
      } else {
        continue;
      }
      return true;
    }
    return false;
  }

  // 1 + erf(x / sqrt 2) as pieces
  struct ErfPieces {
    ValueId x;
    Node *scale, *erf, *add;
  };
  std::optional<ErfPieces> one_plus_erf(ValueId id) {
    Node* add = piece(id, Op::kAdd);
    const auto one = add != nullptr ? with_number(*add) : std::nullopt;
    if (!one || one->number != 1) return std::nullopt;
    Node* erf = piece(one->x, Op::kErf);
    if (erf == nullptr) return std::nullopt;
    Node* scale = piece(erf->inputs[0], Op::kDiv);
    if (scale == nullptr) scale = piece(erf->inputs[0], Op::kMul);
    const auto pair = scale != nullptr ? scaled(*scale) : std::nullopt;
    // Exporters round sqrt 2 to seven digits or fewer.
    if (!pair || std::abs(pair->number - 0.70710678F) > 1e-5F) return std::nullopt;
    return ErfPieces{pair->x, scale, erf, add};
  }

  // (x * (1 + erf)) / 2, or (x / 2) * (1 + erf), or x * ((1 + erf) / 2)
  bool gelu(Node& node) {
    if (const auto half = scaled(node); half && half->number == 0.5F) {
      Node* product = piece(half->x, Op::kMul);
      if (product == nullptr) return false;
      for (const std::size_t i : {0U, 1U}) {
        const auto erf = one_plus_erf(product->inputs[i]);
        if (erf && erf->x == product->inputs[1 - i]) return make_gelu(node, *erf, product);
      }
      return false;
    }
    if (node.op != Op::kMul) return false;
    for (const std::size_t i : {0U, 1U}) {
      const ValueId other = node.inputs[1 - i];
      if (const auto erf = one_plus_erf(node.inputs[i])) {
        Node* half = halved(other);
        if (half != nullptr && scaled(*half)->x == erf->x) return make_gelu(node, *erf, half);
      }
      Node* half = halved(node.inputs[i]);
      const auto erf = half != nullptr ? one_plus_erf(scaled(*half)->x) : std::nullopt;
      if (erf && erf->x == other) return make_gelu(node, *erf, half);
    }
    return false;
  }
  Node* halved(ValueId id) {
    for (const Op op : {Op::kMul, Op::kDiv}) {
      Node* half = piece(id, op);
      const auto pair = half != nullptr ? scaled(*half) : std::nullopt;
      if (pair && pair->number == 0.5F) return half;
    }
    return nullptr;
  }
  bool make_gelu(Node& node, const ErfPieces& erf, Node* other) {
    become(node, erf.x, {}, {erf.scale, erf.erf, erf.add, other});
    node.op = Op::kGelu;
    node.attributes = std::monostate{};
    return true;
  }

  Graph& graph_;
  Uses uses_;
  std::vector<bool> gone_;
};

}  // namespace

void find_activations(Graph& graph) {
  while (Finder(graph).run()) {
  }
}

}  // namespace tandem::graph
