#include "engines/onnxruntime/capability.hpp"

#include <utility>

#include "engines/onnxruntime/status.hpp"
#include "tandem/isa.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::graph::Claims;
using tandem::graph::ClaimOptions;
using tandem::graph::Group;

void add_nodes(const Group& group, const Network& network, OrtEpGraphSupportInfo* support) {
  std::vector<const OrtNode*> nodes;
  for (const std::int32_t source : group.sources) nodes.push_back(network.nodes[static_cast<std::size_t>(source)].node);
  OrtNodeFusionOptions fusion{};
  fusion.ort_version_supported = ORT_API_VERSION;
  fusion.drop_constant_initializers = true;  // compile() packs its own copy
  Ort::ThrowOnError(
      Ort::GetEpApi().EpGraphSupportInfo_AddNodesToFuse(support, nodes.data(), nodes.size(), &fusion));
}

// The table speaks of ONNX's operators, and of what the reader has found wrong with them.
void name_as_host_does(Claims& claims, const Network& network) {
  for (auto& decision : claims.decisions) {
    const HostNode& node = network.nodes[static_cast<std::size_t>(decision.source)];
    if (decision.group >= 0) continue;
    decision.op = node.operator_type;
    if (!node.reason.empty()) decision.reason = node.reason;
  }
}

}  // namespace

Capability find_capability(const OrtGraph* graph, const Options& options, OrtEpGraphSupportInfo* support) {
  Capability capability;
  const Network network = read_network(graph);
  ClaimOptions claim_options;
  claim_options.threads = options.threads;
  claim_options.least_gain = options.least_gain;
  capability.claims = check(tandem::graph::claim(network.graph, claim_options));
  for (const Group& group : capability.claims.groups) {
    add_nodes(group, network, support);
    const auto& node = network.graph.nodes[static_cast<std::size_t>(group.sources.front())];
    capability.group_values.push_back(network.graph.values[static_cast<std::size_t>(node.outputs.front())].name);
  }
  name_as_host_does(capability.claims, network);
  return capability;
}

std::string why_useless() {
  const auto isa = tandem::select_isa();
  if (!isa) return isa.status().message();
  if (std::string(*isa) == "scalar") {
    return "this CPU has no instruction set with which Tandem is faster than ONNX Runtime (or TANDEM_ISA is \"scalar\")";
  }
  return {};
}

}  // namespace tandem_onnxruntime
