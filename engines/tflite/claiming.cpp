#include "engines/tflite/claiming.hpp"

#include <algorithm>
#include <utility>

#include "engines/graph/claim.hpp"
#include "engines/graph/compile.hpp"
#include "engines/tflite/node_reader.hpp"
#include "engines/tflite/operator_name.hpp"
#include "engines/tflite/reader.hpp"
#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {
namespace {

using tandem::Result;
using tandem::Status;
using tandem::StatusCode;
using tandem::graph::Claims;
using tandem::graph::Decision;

// The nodes in order of execution; none if TFLite refuses to tell.
std::vector<ModelNode> nodes_of(TfLiteContext* context) {
  std::vector<ModelNode> nodes;
  TfLiteIntArray* plan = nullptr;
  if (context->GetExecutionPlan(context, &plan) != kTfLiteOk) return nodes;
  const std::span<const int> order = view(plan);
  // The array may change with the next question.
  for (const int index : std::vector<int>(order.begin(), order.end())) {
    TfLiteNode* node = nullptr;
    TfLiteRegistration* registration = nullptr;
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != kTfLiteOk) return {};
    nodes.push_back({index, node, registration});
  }
  return nodes;
}

// The option, else what the interpreter says; one thread if it says nothing, as TFLite takes it.
std::int32_t threads_of(const TfLiteContext& context, const tandem::engines::Options& options) {
  return options.threads > 0 ? options.threads : std::clamp(context.recommended_num_threads, 1, Pool::kMostThreads);
}

std::size_t largest_index(std::span<const ModelNode> nodes) {
  int largest = 0;
  for (const ModelNode& node : nodes) largest = std::max(largest, node.index);
  return static_cast<std::size_t>(largest);
}

}  // namespace

Claiming::Claiming(TfLiteContext* context, const tandem::engines::Options& options)
    : context_(context),
      options_(options),
      nodes_(nodes_of(context)),
      constants_(*context, nodes_),
      threads_(threads_of(*context, options)) {}

// A folded node is taken if somebody reads its constant and all who do are taken.
std::vector<bool> Claiming::constants_to_take(const std::vector<bool>& claimed) const {
  std::vector<bool> taken = claimed;
  const auto& folded = constants_.folded();
  for (auto constant = folded.rbegin(); constant != folded.rend(); ++constant) {  // readers before what they read
    const int tensor = view(constant->node->outputs)[0];
    bool read = false, by_all = true;
    for (const ModelNode& node : nodes_) {
      const std::span<const int> inputs = view(node.node->inputs);
      if (std::find(inputs.begin(), inputs.end(), tensor) == inputs.end()) continue;
      read = true;
      by_all = by_all && taken[static_cast<std::size_t>(node.index)];
    }
    taken[static_cast<std::size_t>(constant->index)] = read && by_all;
  }
  return taken;
}

Result<std::vector<int>> Claiming::choose() {
  const Network network = read_network(*context_, nodes_, constants_);
  tandem::graph::ClaimOptions options;
  options.threads = threads_;
  options.least_gain = options_.least_gain;
  Result<Claims> claims = tandem::graph::claim(network.graph, options);
  if (!claims) return claims.status();
  std::vector<bool> taken(largest_index(nodes_) + 1);
  for (const Decision& decision : claims->decisions) {
    taken[static_cast<std::size_t>(decision.source)] = decision.group >= 0;
  }
  taken = constants_to_take(taken);
  explanation_ = std::make_shared<Explanation>(*std::move(claims), network, threads_);
  for (const ModelNode& node : constants_.folded()) {
    explanation_->add_folded(node.index, name_of(*context_, *node.node), operator_name(*node.registration),
                             taken[static_cast<std::size_t>(node.index)]);
  }
  std::vector<int> chosen;
  for (const ModelNode& node : nodes_) {
    if (taken[static_cast<std::size_t>(node.index)]) chosen.push_back(node.index);
  }
  return chosen;
}

Result<std::unique_ptr<Kernel>> Claiming::compile(const TfLiteDelegateParams& group) {
  std::vector<ModelNode> nodes;
  const std::span<const int> indices = view(group.nodes_to_replace);
  for (const ModelNode& node : nodes_) {
    if (std::find(indices.begin(), indices.end(), node.index) != indices.end()) nodes.push_back(node);
  }
  std::vector<int> inputs;
  for (const int tensor : view(group.input_tensors)) {
    if (has_tensor(*context_, tensor) && !constants_.is_constant(tensor)) inputs.push_back(tensor);
  }
  const std::span<const int> written = view(group.output_tensors);
  std::vector<int> outputs(written.begin(), written.end());

  if (pool_ == nullptr) pool_ = std::make_shared<Pool>(threads_);
  tandem::graph::CompileOptions options;
  options.threads = pool_->threads();
  const Network network = read_group(*context_, nodes, constants_, inputs, outputs);
  Result<tandem::graph::Compiled> compiled = tandem::graph::compile(network.graph, options);
  if (!compiled) return compiled.status();
  const std::size_t number = explanation_->add_kernel({indices.begin(), indices.end()});
  return std::make_unique<Kernel>(*std::move(compiled), std::move(inputs), std::move(outputs),
                                  Kernel::Shared{pool_, explanation_, options_.profile}, number);
}

Status Claiming::explain() {
  explanation_->finish();
  return options_.explain.empty() ? Status() : explanation_->write(options_.explain, options_.profile);
}

}  // namespace tandem_tflite
