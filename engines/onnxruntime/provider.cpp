#include "engines/onnxruntime/provider.hpp"

#include <algorithm>
#include <utility>

#include "engines/graph/compile.hpp"
#include "engines/onnxruntime/capability.hpp"
#include "engines/onnxruntime/status.hpp"

namespace tandem_onnxruntime {
namespace {

constexpr const char* kStream = "stderr";  // where explain::write() cannot overwrite what it wrote

}  // namespace

Provider::Provider(Options options, std::string useless, const OrtLogger* logger)
    : OrtEp{}, options_(std::move(options)), logger_(logger), useless_(std::move(useless)) {
  report_.engine = "onnxruntime";
  report_.threads = options_.threads;
  if (!useless_.empty()) warn(useless_ + ", so the session runs without Tandem");
  // A file that cannot be written is a wrong option, and only here an error ends the session's creation.
  if (options_.explain != kStream) {
    check(explain());
    explained_ = false;
  }
  ort_version_supported = ORT_API_VERSION;
  OrtEp::GetName = [](const OrtEp*) noexcept { return kProviderName; };
  OrtEp::GetCapability = [](OrtEp* self, const OrtGraph* graph, OrtEpGraphSupportInfo* support) noexcept {
    return guard([&] { static_cast<Provider*>(self)->find_capability(graph, support); });
  };
  OrtEp::Compile = [](OrtEp* self, const OrtGraph** graphs, const OrtNode** fused, size_t count,
                      OrtNodeComputeInfo** nodes, OrtNode** /*contexts*/) noexcept {
    std::fill(nodes, nodes + count, nullptr);
    return guard([&] {
      for (size_t i = 0; i < count; ++i) nodes[i] = static_cast<Provider*>(self)->compile(graphs[i], fused[i]);
    });
  };
  OrtEp::ReleaseNodeComputeInfos = [](OrtEp* self, OrtNodeComputeInfo** nodes, size_t count) noexcept {
    for (size_t i = 0; i < count; ++i) static_cast<Provider*>(self)->release(nodes[i]);
  };
}

// Nobody is left to be told of a failure.
Provider::~Provider() {
  if (explained_ && !options_.profile) return;
  (void)guard([&] { return to_ort(explain()); });
}

// ONNX Runtime asks twice: first to know which operators it must not replace by others, then in earnest. A file is
// overwritten; a stream gets the table once, when the first group is compiled, or when the session ends.
void Provider::find_capability(const OrtGraph* graph, OrtEpGraphSupportInfo* support) {
  if (!useless_.empty() || is_nested(graph)) return;
  Capability capability;
  // A graph that Tandem cannot read is not the session's problem: it runs in ONNX Runtime.
  try {
    capability = tandem_onnxruntime::find_capability(graph, options_, support);
  } catch (const std::exception& e) {
    warn(std::string("the model runs without Tandem: ") + e.what());
  }
  report_.claims = std::move(capability.claims);
  report_.measured.resize(report_.claims.groups.size());
  group_values_ = std::move(capability.group_values);
  known_dims_ = std::move(capability.dims);
  if (options_.explain != kStream) check(explain());
}

tandem::Status Provider::explain() {
  explained_ = true;
  return options_.explain.empty() ? tandem::Status() : tandem::explain::write(report_, options_.explain);
}

OrtNodeComputeInfo* Provider::compile(const OrtGraph* graph, const OrtNode* fused) {
  if (!explained_) check(explain());
  const Network network = read_group(graph, fused, known_dims_);
  tandem::graph::CompileOptions compile_options;
  compile_options.threads = options_.threads;
  compile_options.rounding = options_.rounding;
  auto node = std::make_unique<GroupNode>(check(tandem::graph::compile(network.graph, compile_options)),
                                          network.graph.inputs.size(), options_.profile);
  return nodes_.emplace_back(Node{std::move(node), find_group(network)}).node.get();
}

std::size_t Provider::find_group(const Network& network) const {
  for (const auto& node : network.graph.nodes) {
    const std::string& written = network.graph.values[static_cast<std::size_t>(first_written(node))].name;
    const auto found = std::find(group_values_.begin(), group_values_.end(), written);
    if (found != group_values_.end()) return static_cast<std::size_t>(found - group_values_.begin());
  }
  throw Failure({tandem::StatusCode::kInvalidArgument, "ONNX Runtime asks to compile what was not claimed"});
}

void Provider::release(OrtNodeComputeInfo* node) noexcept {
  const auto found =
      std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& own) { return own.node.get() == node; });
  if (found == nodes_.end()) return;
  if (found->group < report_.measured.size()) report_.measured[found->group] = found->node->measured();
  nodes_.erase(found);
}

void Provider::warn(const std::string& sentence) const noexcept {
  try {
    OrtStatus* status = Ort::GetApi().Logger_LogMessage(
        logger_, ORT_LOGGING_LEVEL_WARNING, ("Tandem: " + sentence).c_str(), __FILE__, __LINE__, "GetCapability");
    if (status != nullptr) Ort::GetApi().ReleaseStatus(status);
  } catch (...) {  // no memory for the sentence
  }
}

}  // namespace tandem_onnxruntime
