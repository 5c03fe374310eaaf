#include "engines/tflite/group.hpp"

#include <algorithm>
#include <utility>

#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {

using tandem::Result;
using tandem::graph::Compiled;
using tandem::graph::Dims;
using tandem::graph::kUnknown;

Group::Group(Nodes all, std::vector<int> own, Border border)
    : all_(std::move(all)), own_(std::move(own)), border_(std::move(border)) {}

Result<Compiled> Group::compile(const TfLiteContext& context, Constants& constants,
                                const tandem::graph::CompileOptions& options) {
  options_ = options;
  std::vector<ModelNode> nodes;
  for (const ModelNode& node : *all_) {
    if (std::find(own_.begin(), own_.end(), node.index) != own_.end()) nodes.push_back(node);
  }
  if (border_.outputs.empty()) return Compiled();  // constants alone, which other groups read
  const Network network = read_group(context, nodes, constants, border_);
  compiled_.clear();
  for (const auto id : network.graph.inputs) {
    compiled_.push_back(network.graph.values[static_cast<std::size_t>(id)].dims);
  }
  return tandem::graph::compile(network.graph, options);
}

bool Group::open(const TfLiteContext& context) {
  bool differs = false;
  std::vector<Dims> sizes = compiled_;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::span<const int> now = view(context.tensors[border_.inputs[i]].dims);
    if (sizes[i].size() != now.size()) {
      sizes[i].assign(now.begin(), now.end());
      differs = true;
      continue;
    }
    for (std::size_t axis = 0; axis < now.size(); ++axis) {
      if (sizes[i][axis] == kUnknown || sizes[i][axis] == now[axis]) continue;
      sizes[i][axis] = kUnknown;
      differs = true;
    }
  }
  if (differs) border_.sizes = std::move(sizes);
  return differs;
}

Result<Compiled> Group::compile_again(const TfLiteContext& context) {
  Constants constants(context, *all_);
  return compile(context, constants, options_);
}

}  // namespace tandem_tflite
