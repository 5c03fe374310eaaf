// The operators of pools and of means over images.
#include "engines/graph/edit.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/window.hpp"

namespace tandem::graph {
namespace {

template <class Params>
Params pool(const Graph& graph, const Node& node, std::int64_t channels) {
  Params p;
  p.channels = static_cast<std::int32_t>(channels);
  p.src_type = tensor_type(graph, node.inputs[0]);
  p.dst_type = tensor_type(graph, node.outputs[0]);
  if constexpr (requires { p.rounding; }) p.rounding = graph.rounding;
  return p;
}

template <class Params>
Params windowed(const Graph& graph, const Node& node, std::int64_t channels) {
  const auto& a = std::get<PoolAttributes>(node.attributes);
  auto p = pool<Params>(graph, node, channels);
  p.kernel_h = a.kernel_h;
  p.kernel_w = a.kernel_w;
  copy_window(a, p);
  p.ceil_mode = a.ceil_mode;
  return p;
}

}  // namespace

Result<Operator> create_pool(const Graph& graph, const Node& node, std::int64_t channels) {
  if (node.op == Op::kReduceMean) {
    return Operator::global_average_pool(pool<GlobalAveragePoolParams>(graph, node, channels));
  }
  if (node.op == Op::kMaxPool) {
    auto p = windowed<MaxPoolParams>(graph, node, channels);
    // The greatest element is the greatest whatever the scale.
    p.src_type = p.dst_type = TensorType(p.src_type.type);
    return Operator::max_pool(p);
  }
  auto p = windowed<AveragePoolParams>(graph, node, channels);
  p.count_include_pad = std::get<PoolAttributes>(node.attributes).count_include_pad;
  return Operator::average_pool(p);
}

}  // namespace tandem::graph
