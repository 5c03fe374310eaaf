#include "engines/graph/same_sizes.hpp"

#include <bit>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

// What an operator does to height and width, as numbers that tell operators apart; empty: nothing.
using Rule = std::vector<std::int64_t>;

Rule window_rule(const Node& node, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t pads,
                 Padding::Mode mode, bool ceil_mode) {
  const bool same = mode != Padding::Mode::kExplicit;
  const std::int64_t rest = same ? 0 : pads - dilation * (kernel - 1);
  if (stride == 1 && rest == 0) return {};
  return {static_cast<std::int64_t>(node.op), stride, rest, same, ceil_mode};
}

}  // namespace

SameSizes::SameSizes(const Graph& graph, const AllDims& dims) : graph_(graph), dims_(dims), symbols_(dims.size()) {
  const auto own = [&](ValueId id, Symbols symbols) {
    const auto& known = dims_[index(id)];
    if (!known) return;
    symbols.resize(known->size(), kUnknown);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      if ((*known)[i] != kUnknown) symbols[i] = (*known)[i];
      if (symbols[i] == kUnknown) symbols[i] = fresh();
    }
    symbols_[index(id)] = std::move(symbols);
  };
  for (std::size_t i = 0; i < dims.size(); ++i) own(static_cast<ValueId>(i), {});
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] != kNoValue) own(node.outputs[i], outputs(node, i));
    }
  }
}

bool SameSizes::same(ValueId a, ValueId b) const {
  return dims_[index(a)] && dims_[index(b)] && symbols_[index(a)] == symbols_[index(b)];
}

SameSizes::Symbol SameSizes::made(Symbol from, std::vector<std::int64_t> rule) {
  if (rule.empty()) return from;
  rule.push_back(from);
  const auto [at, is_new] = rules_.try_emplace(std::move(rule), 0);
  if (is_new) at->second = fresh();
  return at->second;
}

void SameSizes::window(const Node& node, Symbols& y) {
  const auto [h, w, c] = image_axes(graph_.layout);
  y[c] = kUnknown;  // known, or nobody's
  if (const auto* conv = std::get_if<ConvAttributes>(&node.attributes)) {
    const auto& filter = dims_[index(node.inputs[1])];
    if (!filter || filter->size() != 4) {
      y[h] = y[w] = kUnknown;
      return;
    }
    const FilterSizes f = filter_sizes(*filter, conv->filter_layout);
    const Padding& p = conv->padding;
    y[h] = made(y[h], window_rule(node, f.h, conv->stride_h, conv->dilation_h, p.top + p.bottom, p.mode, false));
    y[w] = made(y[w], window_rule(node, f.w, conv->stride_w, conv->dilation_w, p.left + p.right, p.mode, false));
  } else if (const auto* a = std::get_if<PoolAttributes>(&node.attributes)) {
    const Padding& p = a->padding;
    y[c] = symbols_[index(node.inputs[0])][c];
    y[h] =
        made(y[h], window_rule(node, a->kernel_h, a->stride_h, a->dilation_h, p.top + p.bottom, p.mode, a->ceil_mode));
    y[w] =
        made(y[w], window_rule(node, a->kernel_w, a->stride_w, a->dilation_w, p.left + p.right, p.mode, a->ceil_mode));
  } else if (const auto* r = std::get_if<ResizeAttributes>(&node.attributes)) {
    const auto scaled = [](float scale) {
      return scale == 1 ? Rule{} : Rule{static_cast<std::int64_t>(Op::kResize), std::bit_cast<std::int32_t>(scale)};
    };
    y[c] = symbols_[index(node.inputs[0])][c];
    y[h] = r->output_h > 0 ? r->output_h : made(y[h], scaled(r->scale_h));
    y[w] = r->output_w > 0 ? r->output_w : made(y[w], scaled(r->scale_w));
  }
}

// kUnknown: nothing is known of an axis.
SameSizes::Symbols SameSizes::outputs(const Node& node, std::size_t output) {
  const auto& known = dims_[index(node.outputs[output])];
  if (!known || node.inputs.empty() || node.inputs[0] == kNoValue || !dims_[index(node.inputs[0])]) return {};
  Symbols x = symbols_[index(node.inputs[0])];
  switch (node.op) {
    case Op::kConv:
    case Op::kMaxPool:
    case Op::kAveragePool:
    case Op::kResize:
      if (x.size() != 4) return {};
      window(node, x);
      return x;
    case Op::kBatchNorm:
    case Op::kActivation:
    case Op::kGelu:
    case Op::kSqrt:
    case Op::kErf:
    case Op::kSoftmax:
    case Op::kIdentity:
    case Op::kPrelu:
      return x.size() == known->size() ? x : Symbols{};
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMin:
    case Op::kMax:
    case Op::kPow: {
      if (node.inputs.size() < 2 || !dims_[index(node.inputs[1])]) return {};
      Symbols y(known->size(), kUnknown);
      for (std::size_t back = 1; back <= y.size(); ++back) {
        const Symbols& other = symbols_[index(node.inputs[1])];
        const Symbol a = back <= x.size() ? x[x.size() - back] : 1;
        const Symbol b = back <= other.size() ? other[other.size() - back] : 1;
        y[y.size() - back] = a == b || b == 1 ? a : a == 1 ? b : kUnknown;
      }
      return y;
    }
    case Op::kConcat:
    case Op::kSplit: {
      const bool joins = node.op == Op::kConcat;
      const std::int64_t axis =
          joins ? std::get<AxisAttributes>(node.attributes).axis : std::get<SplitAttributes>(node.attributes).axis;
      const std::size_t at = resolve_axis(axis, x.size());
      if (at == kNotAnAxis || x.size() != known->size()) return {};
      x[at] = kUnknown;
      return x;
    }
    case Op::kTranspose: {
      const auto& permutation = std::get<TransposeAttributes>(node.attributes).permutation;
      if (permutation.size() != x.size()) return {};
      Symbols y;
      for (const std::int64_t axis : permutation) y.push_back(x[static_cast<std::size_t>(axis)]);
      return y;
    }
    default:
      return {};
  }
}

}  // namespace tandem::graph
