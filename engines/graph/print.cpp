// A graph as text: what tests compare and people read.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

std::string number(float x) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(x));
  return text;
}

std::string dims_text(const Value& value) {
  if (!value.rank_known) return "[..]";
  std::string text = "[";
  for (std::size_t i = 0; i < value.dims.size(); ++i) {
    if (i != 0) text += ' ';
    text += value.dims[i] == kUnknown ? "?" : std::to_string(value.dims[i]);
  }
  return text + "]";
}

template <class T>
std::string list(const std::vector<T>& items) {
  std::string text = "(";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) text += ' ';
    text += std::to_string(items[i]);
  }
  return text + ")";
}

// " scale zero_point", with the first of several scales; empty without any.
std::string text(const std::vector<float>& scales, std::int32_t zero_point) {
  if (scales.empty()) return "";
  return ' ' + number(scales[0]) + (scales.size() > 1 ? "..." : "") + ' ' + std::to_string(zero_point);
}

std::string value_text(const Graph& graph, ValueId id) {
  if (id == kNoValue) return "-";
  const Value& value = graph.values[index(id)];
  float element = 0;
  if (is_scalar(graph, id, &element)) return number(element);
  if (value.constant && value.type == ElementType::kInteger) return list(value.data.integers);
  const std::string type = value.type == ElementType::kU8 ? " u8" : value.type == ElementType::kS8 ? " s8" : "";
  return (value.constant ? "*" : "%") + std::to_string(id) + dims_text(value) + type +
         text(value.scales, value.zero_point);
}

std::string text(const Padding& p) {
  if (p.mode == Padding::Mode::kSameUpper) return " same";
  if (p.mode == Padding::Mode::kSameLower) return " same_lower";
  if ((p.top | p.bottom | p.left | p.right) == 0) return "";
  return " pad " + std::to_string(p.top) + ',' + std::to_string(p.bottom) + ',' + std::to_string(p.left) + ',' +
         std::to_string(p.right);
}

std::string text(const Activation& a) {
  switch (a.kind) {
    case Activation::Kind::kClamp:
      if (std::isinf(a.lo) && std::isinf(a.hi)) return "";
      if (a.lo == 0 && std::isinf(a.hi)) return " relu";
      return " clamp " + number(a.lo) + ".." + number(a.hi);
    case Activation::Kind::kLeakyRelu:
      return " leaky_relu " + number(a.alpha);
    case Activation::Kind::kPrelu:
      return " prelu";
    case Activation::Kind::kSigmoid:
      return " sigmoid";
    case Activation::Kind::kSilu:
      return " silu";
    case Activation::Kind::kHardSigmoid:
      return " hard_sigmoid " + number(a.alpha) + ' ' + number(a.beta);
    case Activation::Kind::kHardSwish:
      return " hard_swish";
    case Activation::Kind::kTanh:
      return " tanh";
    case Activation::Kind::kGelu:
      return " gelu";
    case Activation::Kind::kGeluTanh:
      return " gelu_tanh";
  }
  return " activation";
}

template <class A>
std::string window(const A& a) {
  std::string s = text(a.padding);
  if (a.stride_h != 1 || a.stride_w != 1) s += " s" + std::to_string(a.stride_h) + 'x' + std::to_string(a.stride_w);
  if (a.dilation_h != 1 || a.dilation_w != 1) {
    s += " d" + std::to_string(a.dilation_h) + 'x' + std::to_string(a.dilation_w);
  }
  return s;
}

std::string text(const ConvAttributes& a) {
  std::string s = window(a);
  if (a.groups != 1) s += " groups " + std::to_string(a.groups);
  s += text(a.activation);
  if (a.residual_after_activation) s += " then_residual";
  return s;
}

struct AttributeText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const ConvAttributes& a) const { return text(a); }
  std::string operator()(const ConvTransposeAttributes& a) const { return window(a) + text(a.activation); }
  std::string operator()(const BatchNormAttributes& a) const { return " eps " + number(a.epsilon); }
  std::string operator()(const PoolAttributes& a) const {
    return ' ' + std::to_string(a.kernel_h) + 'x' + std::to_string(a.kernel_w) + window(a) +
           (a.ceil_mode ? " ceil" : "") + (a.count_include_pad ? " count_pad" : "");
  }
  std::string operator()(const ResizeAttributes& a) const {
    std::string s = a.mode == ResizeMode::kNearest ? " nearest" : " linear";
    if (a.output_h > 0) return s + " to " + std::to_string(a.output_h) + 'x' + std::to_string(a.output_w);
    return s + " by " + number(a.scale_h) + 'x' + number(a.scale_w);
  }
  std::string operator()(const BlockAttributes& a) const { return " block " + std::to_string(a.block); }
  std::string operator()(const MatMulAttributes& a) const {
    return (a.filter_transposed ? " transposed" : "") + text(a.activation);
  }
  std::string operator()(const Activation& a) const { return text(a); }
  std::string operator()(const ReduceAttributes& a) const {
    return " axes " + list(a.axes) + (a.keep_dims ? " keep" : "");
  }
  std::string operator()(const AxisAttributes& a) const { return " axis " + std::to_string(a.axis); }
  std::string operator()(const SplitAttributes& a) const {
    return " axis " + std::to_string(a.axis) + " sizes " + list(a.sizes);
  }
  std::string operator()(const SliceAttributes& a) const {
    if (!a.known) return " unknown";
    return " axes " + list(a.axes) + " from " + list(a.starts) + " to " + list(a.ends) + " by " + list(a.steps);
  }
  std::string operator()(const PadAttributes& a) const {
    return " before " + list(a.before) + " after " + list(a.after) + " value " + number(a.value);
  }
  std::string operator()(const ReshapeAttributes& a) const { return a.known ? ' ' + list(a.dims) : " unknown"; }
  std::string operator()(const TransposeAttributes& a) const { return ' ' + list(a.permutation); }
  std::string operator()(const QuantizeAttributes& a) const { return text(a.scales, a.zero_point); }
  std::string operator()(const TableAttributes& a) const { return " of " + std::to_string(a.operators); }
  std::string operator()(const SqueezeExciteAttributes& a) const {
    return text(a.activation) + ", gate" + text(a.gate);
  }
  std::string operator()(const BlockOfConvs& a) const {
    std::string s;
    for (const ConvAttributes& stage : a.stages) s += " {" + text(stage) + " }";
    return s;
  }
};

}  // namespace

std::string print(const Graph& graph) {
  std::string s = graph.layout == Layout::kNchw ? "nchw\n" : "nhwc\n";
  for (const ValueId id : graph.inputs) s += "in " + value_text(graph, id) + '\n';
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      s += (i != 0 ? ", " : "") + value_text(graph, node.outputs[i]);
    s += std::string(" = ") + to_string(node.op) + '(';
    for (std::size_t i = 0; i < node.inputs.size(); ++i) s += (i != 0 ? ", " : "") + value_text(graph, node.inputs[i]);
    s += ')' + std::visit(AttributeText{}, node.attributes);
    std::vector<std::int32_t> sources = node.sources;
    std::sort(sources.begin(), sources.end());
    s += "  # " + list(sources) + '\n';
  }
  for (const ValueId id : graph.outputs) s += "out " + value_text(graph, id) + '\n';
  return s;
}

}  // namespace tandem::graph
