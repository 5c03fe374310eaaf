#include "engines/tflite/choice.hpp"

#include <algorithm>
#include <utility>

#include "engines/tflite/int_array.hpp"
#include "engines/tflite/node_reader.hpp"
#include "engines/tflite/operator_name.hpp"
#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {

using tandem::Result;
using tandem::Status;
using tandem::StatusCode;
using tandem::graph::Claims;
using tandem::graph::Decision;

Choice::Choice(TfLiteContext* context, const std::vector<ModelNode>& nodes, Constants& constants,
               const tandem::graph::ClaimOptions& options)
    : context_(context), nodes_(nodes), constants_(constants), options_(options) {}

Status Choice::choose() {
  const Network network = read_network(*context_, nodes_, constants_);
  const Result<Claims> claims = tandem::graph::claim(network.graph, options_);
  if (!claims) return claims.status();
  multiply_adds_ = claims->multiply_adds;
  decide(network, *claims);
  while (true) {  // each turn takes fewer nodes
    take_constants();
    const Result<bool> agreed = agree();
    if (!agreed) return agreed.status();
    if (*agreed) return {};
  }
}

void Choice::decide(const Network& network, const Claims& claims) {
  for (const Decision& decision : claims.decisions) {
    Decision& own = decisions_[decision.source] = decision;
    if (const auto reason = network.reasons.find(decision.source); reason != network.reasons.end()) {
      own.reason = reason->second;
    }
  }
}

// A folded node is taken if somebody reads its constant and all who do are taken.
void Choice::take_constants() {
  const auto& folded = constants_.folded();
  for (auto constant = folded.rbegin(); constant != folded.rend(); ++constant) {  // readers before what they read
    const int tensor = view(constant->node.outputs)[0];
    bool read = false, by_all = true;
    for (const ModelNode& node : nodes_) {
      const std::span<const int> inputs = view(node.node.inputs);
      if (std::find(inputs.begin(), inputs.end(), tensor) == inputs.end()) continue;
      read = true;
      by_all = by_all && decisions_[node.index].group >= 0;
    }
    Decision& decision = decisions_[constant->index];
    decision.source = constant->index;
    decision.name = name_of(*context_, constant->node);
    decision.op = operator_name(constant->registration);
    decision.group = read && by_all ? 0 : -1;
    decision.reason = read && by_all ? "" : "a node that is not claimed reads this constant";
  }
}

Result<bool> Choice::agree() {
  groups_.clear();
  const std::vector<int> taken = nodes();
  if (taken.empty()) return true;
  TfLiteDelegateParams* parts = nullptr;
  int count = 0;
  if (context_->PreviewDelegatePartitioning(context_, to_array(taken).get(), &parts, &count) != kTfLiteOk) {
    return Status(StatusCode::kInvalidArgument, "TFLite could not group the nodes");
  }
  bool all_stay = true;
  for (const TfLiteDelegateParams& part : std::span(parts, static_cast<std::size_t>(count))) {
    const std::span<const int> own = view(part.nodes_to_replace);
    std::vector<ModelNode> nodes;
    for (const ModelNode& node : nodes_) {
      if (std::find(own.begin(), own.end(), node.index) != own.end()) nodes.push_back(node);
    }
    const Network network = read_group(*context_, nodes, constants_, border_of(*context_, constants_, part));
    const Result<Claims> claims = tandem::graph::claim(network.graph, options_);
    if (!claims) return claims.status();
    decide(network, *claims);
    tandem::graph::Group& group = groups_.emplace_back();
    group.sources.assign(own.begin(), own.end());
    for (const tandem::graph::Group& inner : claims->groups) {
      group.multiply_adds += inner.multiply_adds;
      group.seconds += inner.seconds;
      group.conversion_seconds += inner.conversion_seconds;
      group.engine_seconds += inner.engine_seconds;
    }
    for (const int node : own) {
      Decision& decision = decisions_[node];
      all_stay = all_stay && decision.group >= 0;
      if (decision.group >= 0) decision.group = static_cast<std::int32_t>(groups_.size()) - 1;
    }
  }
  return all_stay;
}

std::vector<int> Choice::nodes() const {
  std::vector<int> taken;
  for (const auto& [node, decision] : decisions_) {
    if (decision.group >= 0) taken.push_back(node);
  }
  return taken;
}

Claims Choice::claims() const {
  Claims claims;
  claims.groups = groups_;
  claims.multiply_adds = multiply_adds_;
  for (const auto& [node, decision] : decisions_) claims.decisions.push_back(decision);
  for (const tandem::graph::Group& group : groups_) claims.claimed_multiply_adds += group.multiply_adds;
  return claims;
}

std::size_t Choice::group_of(int node) const { return static_cast<std::size_t>(decisions_.at(node).group); }

Border border_of(const TfLiteContext& context, const Constants& constants, const TfLiteDelegateParams& params) {
  Border border;
  for (const int tensor : view(params.input_tensors)) {
    if (has_tensor(context, tensor) && !constants.is_constant(tensor)) border.inputs.push_back(tensor);
  }
  // Kernels read constants by themselves, also those that TFLite would hand from one group to the next.
  for (const int tensor : view(params.output_tensors)) {
    if (!constants.is_constant(tensor)) border.outputs.push_back(tensor);
  }
  return border;
}

}  // namespace tandem_tflite
