#include "engines/onnxruntime/capability.hpp"

#include <set>
#include <utility>

#include "engines/graph/subgraph.hpp"
#include "engines/onnxruntime/status.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::graph::ClaimOptions;
using tandem::graph::Claims;
using tandem::graph::Group;

void add_nodes(const Group& group, const Network& network, OrtEpGraphSupportInfo* support) {
  std::vector<const OrtNode*> nodes;
  for (const std::int32_t source : group.sources) nodes.push_back(network.nodes[static_cast<std::size_t>(source)].node);
  OrtNodeFusionOptions fusion{};
  fusion.ort_version_supported = ORT_API_VERSION;
  fusion.drop_constant_initializers = true;  // compile() packs its own copy
  Ort::ThrowOnError(Ort::GetEpApi().EpGraphSupportInfo_AddNodesToFuse(support, nodes.data(), nodes.size(), &fusion));
}

// The table has ONNX's names, and what the reader has found wrong with an operator.
void name_as_host_does(Claims& claims, const Network& network) {
  for (auto& decision : claims.decisions) {
    const HostNode& node = network.nodes[static_cast<std::size_t>(decision.source)];
    decision.name = node.name;
    if (decision.group >= 0) continue;
    decision.op = node.operator_type;
    if (!node.reason.empty()) decision.reason = node.reason;
  }
}

// compile() sees a group alone. If it would refuse some of the nodes, they are left to the engine; true if there are any.
bool leave_what_compile_refuses(const Claims& claims, Network& network) {
  std::set<std::int32_t> all;
  for (const Group& group : claims.groups) {
    const auto some = tandem::graph::refused(tandem::graph::subgraph(network.graph, group.sources, claims.dims));
    all.insert(some.begin(), some.end());
  }
  for (auto& node : network.graph.nodes) {
    if (all.count(node.sources.front()) == 0) continue;
    node.op = tandem::graph::Op::kForeign;
    node.attributes = {};
  }
  for (const std::int32_t source : all) {
    network.nodes[static_cast<std::size_t>(source)].reason = "its shape follows from nodes that are left to the engine";
  }
  return !all.empty();
}

ONNXTensorElementDataType type_of(const Ort::ConstValueInfo& value) {
  const Ort::ConstTypeInfo type = value.TypeInfo();
  if (type == nullptr || type.GetONNXType() != ONNX_TYPE_TENSOR) return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  return type.GetTensorTypeAndShapeInfo().GetElementType();
}

}  // namespace

bool is_nested(const OrtGraph* graph) {
  const Ort::ConstGraph host{graph};
  if (host.GetParentNode() != nullptr) return true;
  const auto inputs = host.GetInputs();
  if (inputs.empty()) return true;
  if (inputs.size() >= 2 && type_of(inputs[0]) == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 &&
      type_of(inputs[1]) == ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL) {
    return true;
  }
  for (const auto& node : host.GetNodes()) {
    for (const auto& input : node.GetInputs()) {
      if (input != nullptr && input.IsFromOuterScope()) return true;
    }
  }
  return false;
}

Capability find_capability(const OrtGraph* graph, const Options& options, OrtEpGraphSupportInfo* support) {
  Capability capability;
  Network network = read_network(graph);
  ClaimOptions claim_options;
  claim_options.threads = options.threads;
  claim_options.least_gain = options.least_gain;
  do {
    capability.claims = check(tandem::graph::claim(network.graph, claim_options));
  } while (leave_what_compile_refuses(capability.claims, network));
  for (const Group& group : capability.claims.groups) {
    add_nodes(group, network, support);
    const auto& node = first_of(network, group.sources.front());
    capability.group_values.push_back(network.graph.values[static_cast<std::size_t>(first_written(node))].name);
  }
  for (std::size_t i = 0; i < network.graph.values.size(); ++i) {
    if (const auto& dims = capability.claims.dims[i]) capability.dims.emplace(network.graph.values[i].name, *dims);
  }
  name_as_host_does(capability.claims, network);
  return capability;
}

}  // namespace tandem_onnxruntime
