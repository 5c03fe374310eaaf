// Readers make an operator on images of one row of each convolution, pool and batch norm of lines [N, C, L], between two
// Reshapes. Operators on elements between two of them become operators on images too, so that they are fused as those of
// images are:
//
//   x -> Reshape -> Conv -> Reshape -> Relu -> Reshape -> Conv -> Reshape -> y
//   x -> Reshape -> Conv -> Relu -> Conv -> Reshape -> y
#include <algorithm>
#include <map>
#include <numeric>

#include "engines/graph/edit.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/normalise.hpp"

namespace tandem::graph {
namespace {

constexpr std::ptrdiff_t kRow = 2;  // the axis of an image [N, C, 1, L] that its lines do not have

Dims with_row(Dims line) {
  line.insert(line.begin() + kRow, 1);
  return line;
}

class Lifter {
 public:
  explicit Lifter(Graph& graph)
      : graph_(graph), dims_(infer_what_is_known(graph)), images_(graph.values.size(), kNoValue), uses_(graph) {
    replaced_.resize(graph.values.size());
    std::iota(replaced_.begin(), replaced_.end(), 0);
    for (const Node& node : graph.nodes) {
      for (const std::int32_t source : node.sources) ++nodes_of_[source];
    }
  }

  void run() {
    std::vector<Node> nodes;
    nodes.swap(graph_.nodes);
    for (Node& node : nodes) visit(node);
    drop_unread();
  }

 private:
  const Value& value(ValueId id) const { return graph_.values[index(id)]; }
  const std::optional<Dims>& dims(ValueId id) const { return dims_[index(id)]; }
  bool has_rank(ValueId id, std::size_t rank) const { return dims(id) && dims(id)->size() == rank; }
  // Whether a reader wrote the node beside another one for the same node of the engine: it may go, since the other one
  // stands for that.
  bool is_beside_another(const Node& node) const {
    return node.sources.size() == 1 && nodes_of_.at(node.sources[0]) > 1;
  }

  ValueId add(Value value, Dims dims) {
    const ValueId id = graph_.add(std::move(value));
    dims_.emplace_back(std::move(dims));
    images_.push_back(kNoValue);
    replaced_.push_back(id);
    return id;
  }

  // The image of a line. kNoValue: it has none yet.
  ValueId known_image(ValueId line) const { return line == kNoValue ? kNoValue : images_[index(line)]; }

  void visit(Node& node) {
    for (ValueId& id : node.inputs) {
      if (id != kNoValue) id = replaced_[index(id)];
    }
    if (node.op == Op::kReshape && is_beside_another(node)) {
      const ValueId x = node.inputs[0], y = node.outputs[0];
      const Dims& sizes = std::get<ReshapeAttributes>(node.attributes).dims;
      const bool keeps = sizes.size() > 2 && sizes[0] == 0 && sizes[1] == 0;
      if (keeps && has_rank(x, 4) && has_rank(y, 3) && (*dims(x))[kRow] == 1) {
        images_[index(y)] = x;
      } else if (keeps && has_rank(x, 3) && sizes.size() == 4 && sizes[kRow] == 1 && known_image(x) != kNoValue &&
                 !uses_.is_output(y)) {
        replaced_[index(y)] = known_image(x);
        return;
      }
    } else if (node.outputs.size() == 1 && takes_images(node)) {
      return lift(node);
    }
    graph_.nodes.push_back(std::move(node));
  }

  // Whether the node reads lines, at least one of which has an image already, and could read images instead.
  bool takes_images(const Node& node) const {
    const auto has_image = [&](ValueId id) { return known_image(id) != kNoValue && !value(id).constant; };
    const auto can_have = [&](ValueId id) {
      if (id == kNoValue || value(id).type != ElementType::kF32 || !dims(id)) return false;
      return value(id).constant ? dims(id)->size() <= 3 : has_rank(id, 3);
    };
    if (!std::any_of(node.inputs.begin(), node.inputs.end(), has_image) ||
        !std::all_of(node.inputs.begin(), node.inputs.end(), can_have)) {
      return false;
    }
    const auto* reduce = std::get_if<ReduceAttributes>(&node.attributes);
    if (!has_rank(node.outputs[0], reduce == nullptr || reduce->keep_dims ? 3 : 2)) return false;
    switch (node.op) {
      case Op::kConcat:
        return resolve_axis(std::get<AxisAttributes>(node.attributes).axis, 3) == 1;
      case Op::kReduceMean:
        return reduce->axes.size() == 1 && resolve_axis(reduce->axes[0], 3) == 2;
      case Op::kActivation:
      case Op::kGelu:
      case Op::kSqrt:
      case Op::kErf:
      case Op::kPrelu:
        return has_image(node.inputs[0]);
      default:
        return node.op >= Op::kAdd && node.op <= Op::kPow;
    }
  }

  // The image of a line, by a Reshape if there is none yet; of a constant with fewer axes what broadcasts likewise.
  ValueId image(ValueId line, const Node& reader) {
    if (known_image(line) != kNoValue) return known_image(line);
    const Dims sizes = *dims(line);
    if (value(line).constant) {
      if (sizes.size() < 2) return line;
      Dims image = sizes;
      image.insert(image.end() - 1, 1);
      Value constant = value(line);
      constant.name += "/image";
      constant.dims = image;
      const ValueId to = add(std::move(constant), std::move(image));
      images_[index(line)] = to;
      return to;
    }
    const ValueId to = add(image_of(line), with_row(sizes));
    reshape(reader, line, to, {0, 0, 1, reshape_size(sizes.back())});
    images_[index(line)] = to;
    return to;
  }

  Value image_of(ValueId line) const {
    Value image;
    image.name = value(line).name + "/image";
    image.dims = with_row(*dims(line));
    return image;
  }

  void reshape(const Node& like, ValueId from, ValueId to, Dims sizes) {
    Node node;
    node.op = Op::kReshape;
    node.name = like.name;
    node.inputs = {from};
    node.outputs = {to};
    node.attributes = ReshapeAttributes{true, std::move(sizes)};
    node.sources = like.sources;
    for (const std::int32_t source : node.sources) ++nodes_of_[source];
    graph_.nodes.push_back(std::move(node));
  }

  void lift(Node& node) {
    for (ValueId& id : node.inputs) id = image(id, node);
    if (auto* reduce = std::get_if<ReduceAttributes>(&node.attributes)) {
      reduce->axes = {kRow, kRow + 1};
      if (!reduce->keep_dims) {
        graph_.nodes.push_back(std::move(node));
        return;
      }
    } else if (auto* axis = std::get_if<AxisAttributes>(&node.attributes)) {
      axis->axis = 1;
    }
    const ValueId line = node.outputs[0];
    const ValueId to = add(image_of(line), with_row(*dims(line)));
    node.outputs[0] = to;
    images_[index(line)] = to;
    const Node like = node;
    graph_.nodes.push_back(std::move(node));
    reshape(like, to, line, {0, 0, reshape_size(dims(line)->back())});
  }

  void drop_unread() {
    const Uses uses(graph_);
    std::vector<bool> gone(graph_.nodes.size(), false);
    for (std::size_t i = 0; i < gone.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (node.op != Op::kReshape || !is_beside_another(node)) continue;
      gone[i] = uses.readers(node.outputs[0]).empty() && !uses.is_output(node.outputs[0]);
    }
    remove_nodes(graph_, gone);
  }

  Graph& graph_;
  AllDims dims_;
  std::vector<ValueId> images_;                    // of each line
  std::vector<ValueId> replaced_;                  // what stands for each value now
  std::map<std::int32_t, std::int32_t> nodes_of_;  // how many nodes stand for each of the engine's
  Uses uses_;                                      // as the graph was
};

}  // namespace

void lift_lines(Graph& graph) {
  if (graph.layout == Layout::kNchw) Lifter(graph).run();
}

}  // namespace tandem::graph
