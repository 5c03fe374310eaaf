#include "engines/tflite/claiming.hpp"

#include <algorithm>
#include <utility>

#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {
namespace {

using tandem::Result;
using tandem::Status;

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
    nodes.push_back({index, *node, *registration});
  }
  return nodes;
}

// The option, else what the interpreter says; one thread if it says nothing, as TFLite takes it.
std::int32_t threads_of(const TfLiteContext& context, const tandem::engines::Options& options) {
  return options.threads > 0 ? options.threads : std::clamp(context.recommended_num_threads, 1, Pool::kMostThreads);
}

tandem::graph::ClaimOptions claim_options(std::int32_t threads, const tandem::engines::Options& options) {
  tandem::graph::ClaimOptions claim;
  claim.threads = threads;
  claim.least_gain = options.least_gain;
  return claim;
}

}  // namespace

Claiming::Claiming(TfLiteContext* context, const tandem::engines::Options& options)
    : context_(context),
      options_(options),
      nodes_(std::make_shared<const std::vector<ModelNode>>(nodes_of(context))),
      constants_(*context, *nodes_),
      threads_(threads_of(*context, options)),
      choice_(context, *nodes_, constants_, claim_options(threads_, options)) {}

Result<std::vector<int>> Claiming::choose() {
  if (const Status status = choice_.choose(); !status.ok()) return status;
  tandem::explain::Report report;
  report.engine = "tflite";
  report.threads = threads_;
  report.claims = choice_.claims();
  explanation_ = std::make_shared<Explanation>(std::move(report));
  if (!options_.explain.empty()) {
    const Status written = explanation_->write(options_.explain, options_.profile);
    if (!written.ok()) return written;
  }
  return choice_.nodes();
}

Result<std::unique_ptr<Kernel>> Claiming::compile(const TfLiteDelegateParams& params) {
  if (pool_ == nullptr) pool_ = std::make_shared<Pool>(threads_);
  const std::span<const int> nodes = view(params.nodes_to_replace);
  Group group(nodes_, {nodes.begin(), nodes.end()}, border_of(*context_, constants_, params));
  tandem::graph::CompileOptions options;
  options.threads = pool_->threads();
  options.rounding = options_.rounding;
  Result<tandem::graph::Compiled> compiled = group.compile(*context_, constants_, options);
  if (!compiled) return compiled.status();
  return std::make_unique<Kernel>(*std::move(compiled), std::move(group),
                                  Kernel::Shared{pool_, explanation_, options_.profile},
                                  choice_.group_of(nodes.front()));
}

}  // namespace tandem_tflite
