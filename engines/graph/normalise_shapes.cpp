// Shapes that a network computes from the shape of a tensor: Shape - Gather or Slice - Concat - Reshape, Shape - Gather - Div -
// Slice and the like.
// Each integer is followed by name: a number, or "axis a of value v".
#include <algorithm>
#include <numeric>
#include <optional>

#include "engines/graph/edit.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {
namespace {

struct Size {
  std::int64_t number = 0;  // if value is kNoValue
  ValueId value = kNoValue;
  std::size_t axis = 0;
};
using Sizes = std::vector<Size>;

class Shapes {
 public:
  explicit Shapes(Graph& graph)
      : graph_(graph),
        uses_(graph),
        dims_(infer_what_is_known(graph)),
        sizes_(graph.values.size()),
        batch_(graph.values.size()) {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      batch_[i] = static_cast<ValueId>(i);
      const Value& value = graph.values[i];
      if (!value.constant || value.type != ElementType::kInteger) continue;
      Sizes sizes;
      for (const std::int64_t n : value.data.integers) sizes.push_back({n, kNoValue, 0});
      sizes_[i] = std::move(sizes);
    }
  }

  void run() {
    for (Node& node : graph_.nodes) {
      if (node.op == Op::kSlice) find_limits(node);
      infer_if_it_fits(graph_, node, dims_);
      follow_batch(node);
      if (const ValueId out = node.outputs.empty() ? kNoValue : node.outputs[0]; out != kNoValue) {
        if (graph_.values[index(out)].type == ElementType::kInteger || node.op == Op::kShape) {
          sizes_[index(out)] = sizes_of(node);
        }
      }
      if (node.op == Op::kReshape) resolve(node);
    }
  }

 private:
  const std::optional<Sizes>& input(const Node& node, std::size_t i) const { return sizes_[index(node.inputs[i])]; }

  // All operators but these keep the first axis of their first input.
  void follow_batch(const Node& node) {
    if (node.inputs.empty() || node.inputs[0] == kNoValue) return;
    const auto& x = dims_[index(node.inputs[0])];
    bool keeps = x && !x->empty() && node.op != Op::kForeign && node.op != Op::kGather && node.op != Op::kShape;
    if (const auto* a = std::get_if<AxisAttributes>(&node.attributes);
        keeps && a != nullptr && node.op == Op::kConcat) {
      keeps = resolve_axis(a->axis, x->size()) != 0;
    } else if (const auto* split = std::get_if<SplitAttributes>(&node.attributes); keeps && split != nullptr) {
      keeps = resolve_axis(split->axis, x->size()) != 0;
    } else if (const auto* reduce = std::get_if<ReduceAttributes>(&node.attributes); keeps && reduce != nullptr) {
      for (const std::int64_t axis : reduce->axes) keeps = keeps && resolve_axis(axis, x->size()) != 0;
    } else if (const auto* slice = std::get_if<SliceAttributes>(&node.attributes); keeps && slice != nullptr) {
      keeps = slice->known;
      for (const std::int64_t axis : slice->axes) keeps = keeps && resolve_axis(axis, x->size()) != 0;
    } else if (const auto* pad = std::get_if<PadAttributes>(&node.attributes); keeps && pad != nullptr) {
      keeps = !pad->before.empty() && pad->before[0] == 0 && pad->after[0] == 0;
    } else if (const auto* permute = std::get_if<TransposeAttributes>(&node.attributes); keeps && permute != nullptr) {
      keeps = !permute->permutation.empty() && permute->permutation[0] == 0;
    } else if (const auto* reshape = std::get_if<ReshapeAttributes>(&node.attributes); keeps && reshape != nullptr) {
      keeps = reshape->known && !reshape->dims.empty() && reshape->dims[0] == 0;
    } else if (keeps && node.inputs.size() == 2 && node.op >= Op::kPrelu && node.op <= Op::kPow) {
      const auto& b = dims_[index(node.inputs[1])];  // broadcasting may put another first axis in front
      keeps = b && (b->size() < x->size() || (b->size() == x->size() && (*x)[0] != 1));
    }
    if (!keeps) return;
    for (const ValueId out : node.outputs) {
      if (out != kNoValue) batch_[index(out)] = batch_[index(node.inputs[0])];
    }
  }

  std::optional<Sizes> sizes_of(const Node& node) const {
    if (node.inputs.empty() || node.inputs[0] == kNoValue) return std::nullopt;
    switch (node.op) {
      case Op::kShape: {
        const auto& dims = dims_[index(node.inputs[0])];
        if (!dims) return std::nullopt;
        Sizes sizes;
        for (std::size_t i = 0; i < dims->size(); ++i) {
          if ((*dims)[i] == kUnknown) {
            sizes.push_back({0, node.inputs[0], i});
          } else {
            sizes.push_back({(*dims)[i], kNoValue, 0});
          }
        }
        return sizes;
      }
      case Op::kCast:
      case Op::kIdentity:
      case Op::kReshape:
        return input(node, 0);
      case Op::kGather: {
        const auto &from = input(node, 0), &which = input(node, 1);
        if (!from || !which) return std::nullopt;
        Sizes sizes;
        for (const Size& at : *which) {
          const std::size_t i = at.value == kNoValue ? resolve_axis(at.number, from->size()) : kNotAnAxis;
          if (i == kNotAnAxis) return std::nullopt;
          sizes.push_back((*from)[i]);
        }
        return sizes;
      }
      case Op::kSlice: {
        const auto& from = input(node, 0);
        const auto& a = std::get<SliceAttributes>(node.attributes);
        if (!from || !a.known || a.axes.size() != 1) return std::nullopt;
        const auto size = static_cast<std::int64_t>(from->size());
        const SliceRange range = slice_range(a.starts[0], a.ends[0], a.steps[0], size);
        Sizes sizes;
        for (std::int64_t i = 0; i < range.count; ++i) {
          sizes.push_back((*from)[static_cast<std::size_t>(range.begin + i * a.steps[0])]);
        }
        return sizes;
      }
      case Op::kConcat: {
        Sizes sizes;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
          const auto& part = input(node, i);
          if (!part) return std::nullopt;
          sizes.insert(sizes.end(), part->begin(), part->end());
        }
        return sizes;
      }
      case Op::kAdd:
      case Op::kSub:
      case Op::kMul:
      case Op::kDiv:
        return combined(node);
      default:
        return std::nullopt;
    }
  }

  // Arithmetic of numbers, where one of both may be one for all.
  std::optional<Sizes> combined(const Node& node) const {
    const auto a = numbers(node.inputs[0]), b = numbers(node.inputs[1]);
    if (!a || !b || a->empty() || b->empty()) return std::nullopt;
    if (a->size() != b->size() && a->size() != 1 && b->size() != 1) return std::nullopt;
    Sizes sizes;
    for (std::size_t i = 0; i < std::max(a->size(), b->size()); ++i) {
      const auto y = result(node.op, (*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]);
      if (!y) return std::nullopt;
      sizes.push_back({*y, kNoValue, 0});
    }
    return sizes;
  }

  // Sizes are small. What could overflow is left to the engine.
  static std::optional<std::int64_t> result(Op op, std::int64_t a, std::int64_t b) {
    constexpr std::int64_t kMost = std::int64_t{1} << 31;
    if (a < -kMost || a > kMost || b < -kMost || b > kMost || (op == Op::kDiv && b == 0)) return std::nullopt;
    return op == Op::kAdd ? a + b : op == Op::kSub ? a - b : op == Op::kMul ? a * b : a / b;
  }

  // The integers of a value that do not depend on a size which is open; nothing if some do.
  std::optional<std::vector<std::int64_t>> numbers(ValueId id) const {
    if (id == kNoValue || !sizes_[index(id)]) return std::nullopt;
    std::vector<std::int64_t> all;
    for (const Size& size : *sizes_[index(id)]) {
      if (size.value != kNoValue) return std::nullopt;
      all.push_back(size.number);
    }
    return all;
  }

  // The limits of a Slice that the network computes, as halves of the channels are.
  void find_limits(Node& node) {
    auto& a = std::get<SliceAttributes>(node.attributes);
    if (a.known || node.inputs.size() < 3) return;
    const auto starts = numbers(node.inputs[1]), ends = numbers(node.inputs[2]);
    if (!starts || !ends) return;
    std::vector<std::int64_t> axes(starts->size()), steps(starts->size(), 1);
    std::iota(axes.begin(), axes.end(), 0);
    for (std::size_t i = 3; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == kNoValue) continue;
      const auto given = numbers(node.inputs[i]);
      if (!given) return;
      (i == 3 ? axes : steps) = *given;
    }
    Node found = node;
    found.attributes = SliceAttributes{std::move(axes), *starts, *ends, std::move(steps)};
    found.inputs.resize(1);
    const auto limits = std::vector<ValueId>(node.inputs.begin() + 1, node.inputs.end());
    const auto of_x = [&](ValueId id) { return id == kNoValue || waits_for_x_alone(node.inputs[0], id); };
    if (!check(graph_, found).ok() || !std::all_of(limits.begin(), limits.end(), of_x)) return;
    for (const ValueId id : limits) take_sources(found, id);
    node = std::move(found);
  }

  void resolve(Node& node) {
    auto& a = std::get<ReshapeAttributes>(node.attributes);
    if (a.known || node.inputs.size() != 2 || !input(node, 1)) return;
    const ValueId x = node.inputs[0];
    Dims dims;
    std::ptrdiff_t open = 0;
    for (const Size& size : *input(node, 1)) {
      const std::size_t place = dims.size();
      const auto& from = dims_[index(x)];
      const bool same_axis = size.value == x ? size.axis == place
                                             : size.axis == 0 && place == 0 && size.value != kNoValue &&
                                                   batch_[index(size.value)] == batch_[index(x)];
      if (size.value == kNoValue) {
        if (size.number == 0 && (!from || place >= from->size())) return;
        dims.push_back(size.number);
        open += size.number == -1;
      } else if (same_axis && from && place < from->size()) {
        dims.push_back(0);
      } else {
        dims.push_back(-1);
        ++open;
      }
    }
    if (open > 1 || !waits_for_x_alone(x, node.inputs[1])) return;
    a.known = true;
    a.dims = std::move(dims);
    take_sources(node, node.inputs[1]);
    node.inputs.resize(1);
    (void)infer(graph_, node, dims_);
    follow_batch(node);
  }

  // The nodes that computed the shape go where it goes.
  void take_sources(Node& node, ValueId shape) {
    for (const NodeId i : computed_by(shape)) join_sources(node, graph_.nodes[index(i)]);
  }

  // All nodes between a shape and the tensors that it is the shape of.
  std::vector<NodeId> computed_by(ValueId shape) const {
    std::vector<NodeId> nodes;
    std::vector<ValueId> open{shape};
    while (!open.empty()) {
      const NodeId writer = uses_.writer(open.back());
      open.pop_back();
      if (writer == Uses::kNoNode || std::find(nodes.begin(), nodes.end(), writer) != nodes.end()) continue;
      nodes.push_back(writer);
      const Node& from = graph_.nodes[index(writer)];
      if (from.op != Op::kShape) open.insert(open.end(), from.inputs.begin(), from.inputs.end());
    }
    return nodes;
  }

  // Whether x is computed from all tensors that `shape` is the shape of. Else the node that takes the shape's sources
  // would have to wait for another tensor, which the graph would no longer tell.
  bool waits_for_x_alone(ValueId x, ValueId shape) const {
    std::vector<bool> before(graph_.values.size(), false);
    std::vector<ValueId> open{x};
    while (!open.empty()) {
      const ValueId id = open.back();
      open.pop_back();
      if (id == kNoValue || before[index(id)]) continue;
      before[index(id)] = true;
      const NodeId writer = uses_.writer(id);
      if (writer == Uses::kNoNode) continue;
      const auto& inputs = graph_.nodes[index(writer)].inputs;
      open.insert(open.end(), inputs.begin(), inputs.end());
    }
    for (const NodeId i : computed_by(shape)) {
      const Node& node = graph_.nodes[index(i)];
      if (node.op == Op::kShape && !before[index(node.inputs[0])]) return false;
    }
    return true;
  }

  Graph& graph_;
  Uses uses_;  // as the graph was
  AllDims dims_;
  std::vector<std::optional<Sizes>> sizes_;
  std::vector<ValueId> batch_;  // a value whose first axis is the same size
};

// A kShape that alone reads a kDequantize reads the bytes instead, which have the same shape. Engines give each reader of bytes a
// kDequantize of its own, so the tensor whose shape is taken would look like another one than that which is reshaped.
void take_shapes_of_bytes(Graph& graph) {
  std::vector<bool> gone(graph.nodes.size(), false);
  Uses uses(graph);
  for (Node& node : graph.nodes) {
    if (node.op != Op::kShape || uses.only_reader(node.inputs[0]) == Uses::kNoNode) continue;
    const NodeId writer = uses.writer(node.inputs[0]);
    if (writer == Uses::kNoNode || graph.nodes[index(writer)].op != Op::kDequantize) continue;
    Node& from = graph.nodes[index(writer)];
    const Uses::Change both[] = {{uses, graph, node}, {uses, graph, from}};
    join_sources(node, from);
    node.inputs = {from.inputs[0]};
    from.inputs.clear();
    from.outputs.clear();
    gone[index(writer)] = true;
  }
  remove_nodes(graph, gone);
}

void drop_identities(Graph& graph) {
  std::vector<bool> gone(graph.nodes.size(), false);
  Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (node.op != Op::kIdentity || graph.values[index(node.inputs[0])].type != ElementType::kF32) continue;
    // A copy from an input or a constant to an output has to stay, and so does the name of a second output.
    const NodeId writer = uses.writer(node.inputs[0]);
    if (uses.is_output(node.outputs[0]) && (writer == Uses::kNoNode || uses.is_output(node.inputs[0]))) continue;
    // The engine still has the identity, and its readers wait for it. So it belongs to the node that writes its input, or
    // to its reader if that is the only one: then no path leads from it past its heir.
    const NodeId heir = writer != Uses::kNoNode ? writer : uses.only_reader(node.outputs[0]);
    if (heir == Uses::kNoNode) continue;
    join_sources(graph.nodes[index(heir)], node);
    const ValueId from = node.outputs[0], to = node.inputs[0];
    {
      const Uses::Change change(uses, graph, node);
      node.inputs.clear();
      node.outputs.clear();
    }
    replace_uses(graph, uses, from, to);
    gone[i] = true;
  }
  remove_nodes(graph, gone);
}

void drop_unread_integers(Graph& graph) {
  std::vector<bool> gone(graph.nodes.size(), false);
  const Uses uses(graph);
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (node.op == Op::kForeign || node.outputs.size() != 1) continue;
    const ValueId out = node.outputs[0];
    if (graph.values[index(out)].type != ElementType::kInteger && node.op != Op::kShape) continue;
    const auto& readers = uses.readers(out);
    gone[i] = !uses.is_output(out) &&
              std::all_of(readers.begin(), readers.end(), [&](NodeId reader) { return gone[index(reader)]; });
  }
  remove_nodes(graph, gone);
}

}  // namespace

void fold_shapes(Graph& graph) {
  drop_identities(graph);
  take_shapes_of_bytes(graph);
  Shapes(graph).run();
  drop_unread_integers(graph);
}

}  // namespace tandem::graph
