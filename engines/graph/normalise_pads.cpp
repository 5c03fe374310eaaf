// Pad - Conv, where the padding is by zeros.
#include <algorithm>

#include "engines/graph/edit.hpp"
#include "engines/graph/normalise.hpp"

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

}  // namespace tandem::graph
