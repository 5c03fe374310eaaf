// Squeeze-and-excite, inverted residual and separable convolution out of convolutions.
#include <algorithm>

#include "engines/graph/edit.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/lower.hpp"

namespace tandem::graph {
namespace {

const ConvAttributes& conv(const Node& node) { return std::get<ConvAttributes>(node.attributes); }

FilterSizes sizes(const Graph& graph, const Node& node) {
  return filter_sizes(graph.values[index(node.inputs[1])].dims, conv(node).filter_layout);
}

bool has_residual(const Node& node) { return node.inputs.size() > 3 && node.inputs[3] != kNoValue; }

bool is_conv(const Graph& graph, const Node& node) {
  if (node.op != Op::kConv || node.inputs.size() < 2 || node.inputs[1] == kNoValue) return false;
  const Value& filter = graph.values[index(node.inputs[1])];
  const bool constant = is_quantised(graph, node) ? is_byte(filter.type) && filter.constant && !filter.scales.empty()
                                                  : !floats(graph, node.inputs[1]).empty();
  return constant && filter.dims.size() == 4;
}

// Whether a stage may store this value for the next one: fp32, or 8 bits of one scale where the stage reads such.
bool is_stored(const Graph& graph, const Node& stage, ValueId id) {
  const Value& value = graph.values[index(id)];
  const Value& input = graph.values[index(stage.inputs[0])];
  return value.type == input.type && (!is_byte(value.type) || (value.scales.size() == 1 && input.scales.size() == 1));
}

class Blocks {
 public:
  explicit Blocks(Graph& graph) : graph_(graph), uses_(graph), gone_(graph.nodes.size(), false) {}
  ~Blocks() { remove_nodes(graph_, gone_); }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  void squeeze_excites() {
    for (Node& node : graph_.nodes) {
      if (node.op == Op::kMul && !squeeze_excite(node, 0)) squeeze_excite(node, 1);
    }
  }

  void inverted_residuals() {
    for (Node& project : graph_.nodes) {
      if (project.inputs.empty()) continue;  // already part of another block
      Node* depthwise = is_pointwise(graph_, project) ? before(project.inputs[0]) : nullptr;
      if (depthwise == nullptr || !is_depthwise(graph_, *depthwise) || has_residual(*depthwise)) continue;
      Node* expand = before(depthwise->inputs[0]);
      if (expand == nullptr || !is_pointwise(graph_, *expand) || has_residual(*expand)) continue;
      if (!follows(*expand, *depthwise) || !follows(*depthwise, project)) continue;
      const FilterSizes wide = sizes(graph_, *expand), narrow = sizes(graph_, project);
      // In MobileNet V1 a pointwise convolution before a separable one would match, too.
      if (wide.out <= wide.in || narrow.out >= narrow.in) continue;
      if (has_residual(project) && project.inputs[3] != expand->inputs[0]) continue;
      if (Node* sum = addition(project, expand->inputs[0])) {
        join(Op::kInvertedResidual, {expand, depthwise, &project});
        add_input(project, *sum);
      } else {
        join(Op::kInvertedResidual, {expand, depthwise, &project});
      }
    }
  }

  void separables() {
    for (Node& pointwise : graph_.nodes) {
      Node* depthwise = is_pointwise(graph_, pointwise) ? before(pointwise.inputs[0]) : nullptr;
      if (depthwise == nullptr || !is_depthwise(graph_, *depthwise) || has_residual(*depthwise)) continue;
      if (!follows(*depthwise, pointwise)) continue;
      join(Op::kSeparable, {depthwise, &pointwise});
    }
  }

 private:
  Node* before(ValueId id) {
    const NodeId writer = uses_.writer(id);
    if (writer == Uses::kNoNode || uses_.only_reader(id) == Uses::kNoNode || gone_[index(writer)]) return nullptr;
    return &graph_.nodes[index(writer)];
  }

  // The quantised addition of `added` that alone reads the output of a stage, if all sizes are known to be equal; else null.
  Node* addition(const Node& stage, ValueId added) {
    const NodeId reader = uses_.only_reader(stage.outputs[0]);
    if (!is_quantised(graph_, stage) || reader == Uses::kNoNode) return nullptr;
    Node& sum = graph_.nodes[index(reader)];
    const ValueId projected = stage.outputs[0];
    if (sum.op != Op::kAdd || !is_stored(graph_, stage, projected) || !is_stored(graph_, sum, sum.outputs[0])) {
      return nullptr;
    }
    const bool both = (sum.inputs[0] == projected && sum.inputs[1] == added) ||
                      (sum.inputs[1] == projected && sum.inputs[0] == added);
    const auto dims = [&](ValueId id) -> const Dims& { return graph_.values[index(id)].dims; };
    const bool known = dims(added).size() == 4 && elements(dims(added)) != kUnknown;
    return both && known && dims(added) == dims(projected) && dims(added) == dims(sum.outputs[0]) ? &sum : nullptr;
  }

  // The block takes the place of the addition of its own input, which runs later.
  void add_input(Node& block, Node& sum) {
    const Uses::Change both[] = {{uses_, graph_, sum}, {uses_, graph_, block}};
    join_sources(block, sum);
    block.inputs.push_back(block.inputs[0]);
    block.outputs[0] = sum.outputs[0];
    gone_[static_cast<std::size_t>(&block - graph_.nodes.data())] = true;
    sum = block;
    block.inputs.clear();
    block.outputs.clear();
  }

  // Whether one operator may do both, one after the other.
  bool follows(const Node& stage, const Node& next) const {
    return is_quantised(graph_, stage) == is_quantised(graph_, next) && is_stored(graph_, stage, stage.outputs[0]);
  }

  void drop(Node& node) {
    const Uses::Change change(uses_, graph_, node);
    gone_[static_cast<std::size_t>(&node - graph_.nodes.data())] = true;
    node.inputs.clear();
    node.outputs.clear();
  }

  // The stages become one node in the place of the last.
  void join(Op op, const std::vector<Node*>& stages) {
    Node block = *stages.back();
    block.op = op;
    block.inputs = {stages[0]->inputs[0]};
    BlockOfConvs attributes;
    for (Node* stage : stages) {
      attributes.stages.push_back(conv(*stage));
      if (is_quantised(graph_, *stage)) attributes.stored.push_back(tensor_type(graph_, stage->outputs[0]));
      block.inputs.push_back(stage->inputs[1]);
      block.inputs.push_back(stage->inputs.size() > 2 ? stage->inputs[2] : kNoValue);
      if (stage != stages.back()) join_sources(block, *stage);
    }
    if (has_residual(*stages.back())) block.inputs.push_back(stages.back()->inputs[3]);
    block.attributes = std::move(attributes);
    for (Node* stage : stages) drop(*stage);
    const Uses::Change change(uses_, graph_, *stages.back());
    *stages.back() = std::move(block);
    gone_[static_cast<std::size_t>(stages.back() - graph_.nodes.data())] = false;
  }

  bool is_mean_of_image(const Node& node) const {
    if (node.op != Op::kReduceMean) return false;
    const auto& a = std::get<ReduceAttributes>(node.attributes);
    const ImageAxes axes = image_axes(graph_.layout);
    std::vector<std::size_t> reduced;
    for (const std::int64_t axis : a.axes) reduced.push_back(resolve_axis(axis, 4));
    std::sort(reduced.begin(), reduced.end());
    return a.keep_dims && reduced == std::vector<std::size_t>{axes.h, axes.w};
  }

  bool squeeze_excite(Node& product, std::size_t gate_input) {
    if (is_quantised(graph_, product)) return false;  // whose steps have types of their own
    const ValueId x = product.inputs[1 - gate_input];
    Node* expand = before(product.inputs[gate_input]);
    if (expand == nullptr || !is_pointwise(graph_, *expand) || has_residual(*expand)) return false;
    Node* reduce = before(expand->inputs[0]);
    if (reduce == nullptr || !is_pointwise(graph_, *reduce) || has_residual(*reduce)) return false;
    Node* mean = before(reduce->inputs[0]);
    if (mean == nullptr || !is_mean_of_image(*mean) || mean->inputs[0] != x) return false;
    if (conv(*reduce).filter_layout != conv(*expand).filter_layout) return false;
    if (sizes(graph_, *expand).out != sizes(graph_, *reduce).in) return false;
    const auto bias = [](const Node& node) { return node.inputs.size() > 2 ? node.inputs[2] : kNoValue; };
    const std::vector<ValueId> weights{reduce->inputs[1], bias(*reduce), expand->inputs[1], bias(*expand)};
    const auto gate =
        SqueezeExciteAttributes{conv(*reduce).activation, conv(*expand).activation, conv(*reduce).filter_layout};
    for (Node* piece : {mean, reduce, expand}) {
      join_sources(product, *piece);
      drop(*piece);
    }
    const Uses::Change change(uses_, graph_, product);
    product.op = Op::kSqueezeExcite;
    product.inputs = {x};
    product.inputs.insert(product.inputs.end(), weights.begin(), weights.end());
    product.attributes = gate;
    return true;
  }

  Graph& graph_;
  Uses uses_;
  std::vector<bool> gone_;
};

}  // namespace

bool is_depthwise(const Graph& graph, const Node& node) {
  if (!is_conv(graph, node)) return false;
  const FilterSizes f = sizes(graph, node);
  return f.in == 1 && conv(node).groups > 1 && f.out % conv(node).groups == 0;
}

bool is_pointwise(const Graph& graph, const Node& node) {
  if (!is_conv(graph, node)) return false;
  const ConvAttributes& a = conv(node);
  const FilterSizes f = sizes(graph, node);
  const Padding& p = a.padding;
  const bool pads = p.mode == Padding::Mode::kExplicit && (p.top | p.bottom | p.left | p.right) != 0;
  return f.h == 1 && f.w == 1 && a.groups == 1 && a.stride_h == 1 && a.stride_w == 1 && !pads &&
         a.filter_layout != FilterLayout::k1hwc;
}

void fuse_squeeze_excites(Graph& graph) { Blocks(graph).squeeze_excites(); }

void fuse_blocks(Graph& graph) {
  Blocks(graph).inverted_residuals();
  Blocks(graph).separables();
}

}  // namespace tandem::graph
