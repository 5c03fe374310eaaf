// Operators on 8 bits that read one tensor element by element become one table:
//   x -> Add 3 -> Clip -> Mul by x -> Div by 6   =  Table(x)
//   x -> Sigmoid -> Mul by x                     =  Table(x)
//   x -> Mul by a constant of 8 bits             =  Table(x)
// Exporters write hard-swish and SiLU in such pieces, and a quantiser puts 8 bits between all of them. The table holds what
// the library's own operators make of the 256 elements, one after the other, so the bits stay what they were.
#include <algorithm>
#include <numeric>
#include <optional>

#include "engines/graph/edit.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/operations.hpp"
#include "engines/graph/quantised_affines.hpp"

namespace tandem::graph {
namespace {

using Elements = std::array<std::uint8_t, 256>;
constexpr std::int32_t kElements = 256;

// A value as a function of the elements of another one.
struct Function {
  ValueId x;
  Elements elements{};
  std::vector<NodeId> operators{};  // that compute it; none: it is x itself
};

Function itself(ValueId id) {
  Function f{id};
  std::iota(f.elements.begin(), f.elements.end(), std::uint8_t{0});
  return f;
}

// What an operator makes of the elements; nothing if it cannot be had.
std::optional<Elements> run(const Result<Operator>& op, const Elements& src, const Elements* other) {
  if (!op.ok()) return std::nullopt;
  PlanOptions options;
  options.executor = Executor::inline_only();
  const Result<Plan> plan = op->plan({1, 1, 1, kElements}, options);
  if (!plan.ok() || plan->workspace_bytes() != 0) return std::nullopt;
  Elements dst;
  RunArgs args;
  args.src = src.data();
  args.dst = dst.data();
  args.residual = other != nullptr ? other->data() : nullptr;
  return plan->run(args).ok() ? std::optional(dst) : std::nullopt;
}

class Tables {
 public:
  explicit Tables(Graph& graph)
      : graph_(graph), uses_(graph), functions_(graph.values.size()), inside_(graph.nodes.size(), false) {}

  void run_pass() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node& node = graph_.nodes[i];
      std::optional<Function> f = function(node);
      if (!f) continue;
      f->operators.push_back(static_cast<NodeId>(i));
      if (f->operators.size() > 1 || node.inputs.size() > 1) become_table(node, *f);
      functions_[index(node.outputs[0])] = std::move(f);
    }
    drop_unread();
  }

 private:
  bool is_bytes(ValueId id) const {
    const Value& value = graph_.values[index(id)];
    return is_byte(value.type) && value.scales.size() == 1 && (!value.constant || is_byte_number(graph_, id));
  }

  // A number is a function of kNoValue.
  Function of(ValueId id) const {
    if (graph_.values[index(id)].constant) {
      Function f{kNoValue};
      f.elements.fill(static_cast<std::uint8_t>(integer_at(graph_.values[index(id)], 0)));
      return f;
    }
    const auto& f = functions_[index(id)];
    return f ? *f : itself(id);
  }

  // Without the node itself.
  std::optional<Function> function(const Node& node) const {
    const bool of_bytes =
        !node.inputs.empty() && node.outputs.size() == 1 && is_bytes(node.outputs[0]) &&
        std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id != kNoValue && is_bytes(id); });
    if (!of_bytes) return std::nullopt;
    switch (node.op) {
      case Op::kActivation:
        return activation(node);
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
      case Op::kMin:
      case Op::kMax:
        return arithmetic(node);
      default:
        return std::nullopt;
    }
  }

  std::optional<Function> activation(const Node& node) const {
    Function f = of(node.inputs[0]);
    ActivationParams p;
    p.channels = kElements;
    p.activation = std::get<Activation>(node.attributes);
    p.src_type = tensor_type(graph_, node.inputs[0]);
    p.dst_type = tensor_type(graph_, node.outputs[0]);
    const auto elements = run(Operator::activation(p), f.elements, nullptr);
    return with(std::move(f), elements);
  }

  std::optional<Function> arithmetic(const Node& node) const {
    Function f = of(node.inputs[0]);
    const Function other = of(node.inputs[1]);
    if (f.x == kNoValue) f.x = other.x;
    if (f.x == kNoValue || (other.x != kNoValue && f.x != other.x)) return std::nullopt;
    ElementwiseParams p;
    p.channels = kElements;
    p.operation = operations(node.op).straight;
    p.src_type = tensor_type(graph_, node.inputs[0]);
    p.residual_type = tensor_type(graph_, node.inputs[1]);
    p.dst_type = tensor_type(graph_, node.outputs[0]);
    p.rounding = graph_.rounding;
    const auto elements = run(Operator::elementwise(p), f.elements, &other.elements);
    for (const NodeId id : other.operators) {
      if (std::find(f.operators.begin(), f.operators.end(), id) == f.operators.end()) f.operators.push_back(id);
    }
    return with(std::move(f), elements);
  }

  static std::optional<Function> with(Function f, const std::optional<Elements>& elements) {
    if (!elements) return std::nullopt;
    f.elements = *elements;
    return f;
  }

  void become_table(Node& node, const Function& f) {
    const Uses::Change change(uses_, graph_, node);
    node.op = Op::kTable;
    node.inputs = {f.x};
    node.attributes =
        TableAttributes{std::make_shared<const Elements>(f.elements), static_cast<std::int32_t>(f.operators.size())};
    for (const NodeId id : f.operators) {
      if (&graph_.nodes[index(id)] == &node) continue;
      join_sources(node, graph_.nodes[index(id)]);
      inside_[index(id)] = true;
    }
  }

  // Last first, since an operator may have been read by one that goes.
  void drop_unread() {
    std::vector<bool> gone(graph_.nodes.size(), false);
    for (std::size_t i = graph_.nodes.size(); i-- > 0;) {
      Node& node = graph_.nodes[i];
      if (!inside_[i] || uses_.is_output(node.outputs[0]) || !uses_.readers(node.outputs[0]).empty()) continue;
      const Uses::Change change(uses_, graph_, node);
      node.inputs.clear();
      node.outputs.clear();
      gone[i] = true;
    }
    remove_nodes(graph_, gone);
  }

  Graph& graph_;
  Uses uses_;
  std::vector<std::optional<Function>> functions_;  // of values
  std::vector<bool> inside_;                        // nodes that a table stands for
};

}  // namespace

void fuse_tables(Graph& graph) { Tables(graph).run_pass(); }

}  // namespace tandem::graph
