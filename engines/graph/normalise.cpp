// The order of the passes, and the shortest of them.
#include "engines/graph/normalise.hpp"

#include <algorithm>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

// Whether a convolution's padding can grow by what a Pad adds, and by how much in height and width.
bool takes_padding(const Node& node, ValueId padded) {
  const auto* conv = std::get_if<ConvAttributes>(&node.attributes);
  return node.op == Op::kConv && conv != nullptr && conv->padding.mode == Padding::Mode::kExplicit &&
         std::count(node.inputs.begin(), node.inputs.end(), padded) == 1 && node.inputs[0] == padded;
}

bool pads_image_with_zeros(const Graph& graph, const PadAttributes& a) {
  if (a.before.size() != 4 || a.value != 0) return false;
  const std::size_t channels = graph.layout == Layout::kNchw ? 1 : 3;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::int64_t most = i == 0 || i == channels ? 0 : 1 << 20;
    if (a.before[i] < 0 || a.after[i] < 0 || a.before[i] > most || a.after[i] > most) return false;
  }
  return true;
}

}  // namespace

void fold_pads(Graph& graph) {
  std::vector<bool> gone(graph.nodes.size(), false);
  Uses uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].op != Op::kPad) continue;
    const Node pad = graph.nodes[i];
    const auto& a = std::get<PadAttributes>(pad.attributes);
    const ValueId padded = pad.outputs[0];
    if (!pads_image_with_zeros(graph, a) || uses.is_output(padded)) continue;
    const std::vector<NodeId> readers = uses.readers(padded);
    if (readers.empty() || !std::all_of(readers.begin(), readers.end(), [&](NodeId reader) {
          return takes_padding(graph.nodes[index(reader)], padded);
        })) {
      continue;
    }
    const std::size_t h = graph.layout == Layout::kNchw ? 2 : 1;
    for (const NodeId reader : readers) {
      Node& conv = graph.nodes[index(reader)];
      const Uses::Change change(uses, graph, conv);
      Padding& p = std::get<ConvAttributes>(conv.attributes).padding;
      p.top += static_cast<std::int32_t>(a.before[h]);
      p.bottom += static_cast<std::int32_t>(a.after[h]);
      p.left += static_cast<std::int32_t>(a.before[h + 1]);
      p.right += static_cast<std::int32_t>(a.after[h + 1]);
      conv.inputs[0] = pad.inputs[0];
      join_sources(conv, pad);
    }
    gone[i] = true;
  }
  remove_nodes(graph, gone);
}

void drop_neutral(Graph& graph) {
  for (Node& node : graph.nodes) {
    const bool product = node.op == Op::kMul || node.op == Op::kDiv;
    if (!product && node.op != Op::kAdd && node.op != Op::kSub) continue;
    const bool commutes = node.op == Op::kMul || node.op == Op::kAdd;
    for (const std::size_t i : {1U, 0U}) {
      const ValueId x = node.inputs[1 - i];
      float number = 0;
      if ((i == 0 && !commutes) || !is_scalar(graph, node.inputs[i], &number) || number != (product ? 1.0F : 0.0F)) {
        continue;
      }
      // The number may add an axis in front.
      const Value &from = graph.values[index(x)], &constant = graph.values[index(node.inputs[i])];
      if (!from.rank_known || constant.dims.size() > from.dims.size()) continue;
      node.op = Op::kIdentity;
      node.inputs = {x};
      break;
    }
  }
}

void normalise(Graph& graph) {
  drop_neutral(graph);
  fold_shapes(graph);
  lift_lines(graph);
  find_activations(graph);
  quantise(graph);
  fold_dequantized_constants(graph);
  fold_pads(graph);
  split_batch_norms(graph);
  fold_affines(graph);
}

}  // namespace tandem::graph
