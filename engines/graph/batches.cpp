#include "engines/graph/batches.hpp"

#include <numeric>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

// All operators but these keep the first axis of their first input.
bool keeps_first_axis(const Node& node, const AllDims& dims) {
  const auto& x = dims[index(node.inputs[0])];
  bool keeps = x && !x->empty() && node.op != Op::kForeign && node.op != Op::kGather && node.op != Op::kShape;
  if (const auto* a = std::get_if<AxisAttributes>(&node.attributes); keeps && a != nullptr && node.op == Op::kConcat) {
    keeps = resolve_axis(a->axis, x->size()) != 0;
  } else if (const auto* split = std::get_if<SplitAttributes>(&node.attributes); keeps && split != nullptr) {
    keeps = resolve_axis(split->axis, x->size()) != 0;
  } else if (const auto* reduce = std::get_if<ReduceAttributes>(&node.attributes); keeps && reduce != nullptr) {
    for (const std::int64_t axis : reduce->axes) keeps = keeps && resolve_axis(axis, x->size()) != 0;
  } else if (const auto* slice = std::get_if<SliceAttributes>(&node.attributes); keeps && slice != nullptr) {
    keeps = slice->known;
    for (const std::int64_t axis : slice->axes) keeps = keeps && resolve_axis(axis, x->size()) != 0;
  } else if (const auto* pad = std::get_if<PadAttributes>(&node.attributes); keeps && pad != nullptr) {
    keeps = !pad->before.empty() && pad->before[0] == 0 && pad->after[0] == 0;
  } else if (const auto* permute = std::get_if<TransposeAttributes>(&node.attributes); keeps && permute != nullptr) {
    keeps = !permute->permutation.empty() && permute->permutation[0] == 0;
  } else if (const auto* reshape = std::get_if<ReshapeAttributes>(&node.attributes); keeps && reshape != nullptr) {
    keeps = reshape->known && !reshape->dims.empty() && reshape->dims[0] == 0;
  } else if (keeps && node.inputs.size() == 2 && node.op >= Op::kPrelu && node.op <= Op::kPow) {
    const auto& b = dims[index(node.inputs[1])];  // broadcasting may put another first axis in front
    keeps = b && (b->size() < x->size() || (b->size() == x->size() && (*x)[0] != 1));
  }
  return keeps;
}

}  // namespace

Batches::Batches(const Graph& graph) : first_(graph.values.size()) { std::iota(first_.begin(), first_.end(), 0); }

void Batches::follow(const Node& node, const AllDims& dims) {
  if (node.inputs.empty() || node.inputs[0] == kNoValue || !keeps_first_axis(node, dims)) return;
  for (const ValueId out : node.outputs) {
    if (out != kNoValue) first_[index(out)] = first_[index(node.inputs[0])];
  }
}

bool Batches::same(ValueId a, ValueId b) const { return first_[index(a)] == first_[index(b)]; }

}  // namespace tandem::graph
