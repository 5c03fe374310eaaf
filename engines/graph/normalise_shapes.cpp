// Shapes that a network computes from the shape of a tensor: Shape - Gather or Slice - Concat - Reshape, Shape - Gather - Div -
// Slice and the like.
#include <algorithm>
#include <numeric>

#include "engines/graph/batches.hpp"
#include "engines/graph/edit.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/shape_sizes.hpp"
#include "engines/graph/shape_sources.hpp"

namespace tandem::graph {
namespace {

class Folder {
 public:
  explicit Folder(Graph& graph)
      : graph_(graph), uses_(graph), dims_(infer_what_is_known(graph)), sizes_(graph), batches_(graph) {}

  void run() {
    for (Node& node : graph_.nodes) {
      if (node.op == Op::kSlice) find_limits(node);
      infer_if_it_fits(graph_, node, dims_);
      batches_.follow(node, dims_);
      sizes_.follow(graph_, node, dims_);
      if (node.op == Op::kReshape) resolve(node);
    }
  }

 private:
  // The limits of a Slice that the network computes, as halves of the channels are.
  void find_limits(Node& node) {
    auto& a = std::get<SliceAttributes>(node.attributes);
    if (a.known || node.inputs.size() < 3) return;
    const auto starts = sizes_.numbers(node.inputs[1]), ends = sizes_.numbers(node.inputs[2]);
    if (!starts || !ends) return;
    std::vector<std::int64_t> axes(starts->size()), steps(starts->size(), 1);
    std::iota(axes.begin(), axes.end(), 0);
    for (std::size_t i = 3; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == kNoValue) continue;
      const auto given = sizes_.numbers(node.inputs[i]);
      if (!given) return;
      (i == 3 ? axes : steps) = *given;
    }
    Node found = node;
    found.attributes = SliceAttributes{std::move(axes), *starts, *ends, std::move(steps)};
    found.inputs.resize(1);
    const auto limits = std::vector<ValueId>(node.inputs.begin() + 1, node.inputs.end());
    const auto of_x = [&](ValueId id) {
      return id == kNoValue || waits_for_x_alone(graph_, uses_, node.inputs[0], id);
    };
    if (!check(graph_, found).ok() || !std::all_of(limits.begin(), limits.end(), of_x)) return;
    for (const ValueId id : limits) take_shape_sources(graph_, uses_, found, id);
    node = std::move(found);
  }

  // A Reshape whose shape the network computes.
  void resolve(Node& node) {
    auto& a = std::get<ReshapeAttributes>(node.attributes);
    if (a.known || node.inputs.size() != 2 || !sizes_.of(node.inputs[1])) return;
    const ValueId x = node.inputs[0];
    Dims dims;
    std::ptrdiff_t open = 0;
    for (const Size& size : *sizes_.of(node.inputs[1])) {
      const std::size_t place = dims.size();
      const auto& from = dims_[index(x)];
      const bool same_axis =
          size.value == x ? size.axis == place
                          : size.axis == 0 && place == 0 && size.value != kNoValue && batches_.same(size.value, x);
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
    if (open > 1 || !waits_for_x_alone(graph_, uses_, x, node.inputs[1])) return;
    a.known = true;
    a.dims = std::move(dims);
    take_shape_sources(graph_, uses_, node, node.inputs[1]);
    node.inputs.resize(1);
    (void)infer(graph_, node, dims_);
    batches_.follow(node, dims_);
  }

  Graph& graph_;
  Uses uses_;  // as the graph was
  AllDims dims_;
  ShapeSizes sizes_;
  Batches batches_;
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
  take_shapes_of_bytes(graph);
  Folder(graph).run();
  drop_unread_integers(graph);
}

}  // namespace tandem::graph
