// Which nodes Tandem takes: one row for each operator. An operator that the library gains becomes a row here, a case in
// emit.cpp, and a case in the tests' interpreter.
#include <algorithm>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/support_types.hpp"

namespace tandem::graph {
namespace {

// What a row looks at.
struct Subject {
  const Graph& graph;
  const Node& node;
  const AllDims& dims;

  const std::optional<Dims>& of(ValueId id) const { return dims[index(id)]; }
  std::size_t rank(std::size_t input) const {
    const auto& d = of(node.inputs[input]);
    return d ? d->size() : 0;
  }
};

std::string constants(const Subject& s, std::initializer_list<std::size_t> places) {
  if (is_quantised(s.graph, s.node)) return wrong_weights(s.graph, s.node);
  for (const std::size_t i : places) {
    if (i >= s.node.inputs.size() || s.node.inputs[i] == kNoValue) continue;
    if (floats(s.graph, s.node.inputs[i]).empty()) return "its weights are not constant fp32";
  }
  return {};
}

std::string any_rank(const Subject& s) {
  const bool all = std::all_of(s.node.inputs.begin(), s.node.inputs.end(), [&](ValueId id) { return s.of(id); });
  return all ? "" : "the number of axes of its input is not known";
}

// What counts along an axis.
std::string some_axis(const Subject& s) {
  if (auto why = any_rank(s); !why.empty()) return why;
  return s.rank(0) == 0 ? "its input is a scalar" : "";
}

std::string image(const Subject& s) {
  if (s.rank(0) == 4) return {};
  return s.rank(0) == 0 ? "the number of axes of its input is not known"
                        : "its input has " + std::to_string(s.rank(0)) + " axes, not 4";
}

std::string transposed(const ConvTransposeAttributes& a, const Dims& filter) {
  const FilterSizes f = filter_sizes(filter, a.filter_layout);
  if (f.in % a.groups != 0) return "its groups do not divide its input channels";
  const auto reaches = [](std::int32_t padding, std::int32_t stride, std::int32_t dilation) {
    return padding >= 0 && (padding < stride || padding < dilation);
  };
  return reaches(a.output_padding_h, a.stride_h, a.dilation_h) && reaches(a.output_padding_w, a.stride_w, a.dilation_w)
             ? ""
             : "its output padding is as large as its stride";
}

std::string conv(const Subject& s) {
  if (auto why = image(s); !why.empty()) return why;
  if (auto why = constants(s, {1, 2}); !why.empty()) return why;
  const Dims& filter = s.graph.values[index(s.node.inputs[1])].dims;
  if (filter.size() != 4) return "its filter does not have 4 axes";
  if (const auto* a = std::get_if<ConvAttributes>(&s.node.attributes)) {
    const FilterSizes f = filter_sizes(filter, a->filter_layout);
    return f.out % a->groups == 0 ? "" : "its groups do not divide its output channels";
  }
  return transposed(std::get<ConvTransposeAttributes>(s.node.attributes), filter);
}

std::string matmul(const Subject& s) {
  if (auto why = constants(s, {1, 2}); !why.empty()) return why;
  if (s.graph.values[index(s.node.inputs[1])].dims.size() != 2) return "its filter is not a matrix";
  return some_axis(s);
}

std::string mean(const Subject& s) {
  if (auto why = image(s); !why.empty()) return why;
  const ImageAxes axes = image_axes(s.graph.layout);
  bool h = false, w = false, other = false;
  for (const std::int64_t axis : std::get<ReduceAttributes>(s.node.attributes).axes) {
    const std::size_t i = resolve_axis(axis, 4);
    (i == axes.h ? h : i == axes.w ? w : other) = true;
  }
  return h && w && !other ? "" : "a mean over other axes than height and width is not supported yet";
}

std::string slice(const Subject& s) {
  const auto& a = std::get<SliceAttributes>(s.node.attributes);
  if (!a.known) return "its limits are not known before the run";
  for (const std::int64_t step : a.steps) {
    if (step != 1) return "a slice with steps is not supported";
  }
  return some_axis(s);
}

std::string reshape(const Subject& s) {
  if (!std::get<ReshapeAttributes>(s.node.attributes).known) return "its new shape is not known before the run";
  return any_rank(s);
}

// A number, or one for each element of an axis: the constant of an element-wise operator.
bool along_one_axis(const Dims& dims) {
  return std::count_if(dims.begin(), dims.end(), [](std::int64_t size) { return size != 1; }) <= 1;
}

std::string arithmetic(const Subject& s) {
  if (auto why = any_rank(s); !why.empty()) return why;
  const auto& y = s.of(s.node.outputs[0]);
  if (!y) return {};  // they do not fit each other, which check_dims() says
  const bool same = s.node.inputs[0] == s.node.inputs[1] ||
                    (*s.of(s.node.inputs[0]) == *s.of(s.node.inputs[1]) && elements(*y) != kUnknown);
  bool has_constant = false, fits = false;  // the other input has the output's shape
  for (const ValueId id : s.node.inputs) {
    const Value& value = s.graph.values[index(id)];
    if (value.constant) {
      if (!along_one_axis(value.dims) && y->size() > 4 && !same) return "broadcasting of more than 4 axes";
      has_constant = true;
      continue;
    }
    fits = fits || *s.of(id) == *y;
  }
  if (has_constant && !fits) return "its constant makes its input larger";
  if (y->size() > 4 && !same) return "broadcasting of more than 4 axes";
  return {};
}

std::string pad(const Subject& s) {
  if (auto why = any_rank(s); !why.empty()) return why;
  const auto& a = std::get<PadAttributes>(s.node.attributes);
  for (const auto* sizes : {&a.before, &a.after}) {
    if (sizes->size() != s.rank(0)) return "it does not say how much for each axis";
    if (std::any_of(sizes->begin(), sizes->end(), [](std::int64_t size) { return size < 0; }))
      return "negative padding";
  }
  return {};
}

std::string prelu(const Subject&) { return "its slopes are not one for each channel"; }
std::string foreign(const Subject&) { return "Tandem has no such operator"; }
std::string integers(const Subject&) { return "it computes integers that another node needs"; }

using Row = std::string (*)(const Subject&);

Row row(Op op) {
  switch (op) {
    case Op::kConv:
    case Op::kConvTranspose:
      return conv;
    case Op::kMatMul:
      return matmul;
    case Op::kReduceMean:
      return mean;
    case Op::kSqueezeExcite:
    case Op::kSeparable:
    case Op::kInvertedResidual:
    case Op::kMaxPool:
    case Op::kAveragePool:
    case Op::kResize:
    case Op::kDepthToSpace:
    case Op::kSpaceToDepth:
      return image;
    case Op::kPad:
      return pad;
    case Op::kConcat:
    case Op::kSplit:
    case Op::kSoftmax:
      return some_axis;
    case Op::kSlice:
      return slice;
    case Op::kReshape:
      return reshape;
    case Op::kTranspose:
      return any_rank;
    case Op::kIdentity:
      return any_rank;
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMin:
    case Op::kMax:
      return arithmetic;
    case Op::kActivation:
    case Op::kTable:
    case Op::kQuantize:
    case Op::kDequantize:
      return any_rank;
    case Op::kPrelu:
      return prelu;
    case Op::kBatchNorm:
    case Op::kPow:
    case Op::kSqrt:
    case Op::kErf:
    case Op::kGelu:
    case Op::kForeign:
    case Op::kGather:
      return foreign;
    case Op::kShape:
    case Op::kCast:
      return integers;
  }
  return foreign;
}

// An operator on two tensors may have a constant as the first; for the others that is the data.
bool reads_constants_alone(const Graph& graph, const Node& node) {
  const auto is_constant = [&](ValueId id) { return id == kNoValue || graph.values[index(id)].constant; };
  if (node.op == Op::kForeign || node.inputs.empty()) return false;
  const bool of_two = node.inputs.size() == 2 && node.op >= Op::kAdd && node.op <= Op::kPow;
  return is_constant(node.inputs[0]) && (!of_two || is_constant(node.inputs[1]));
}

}  // namespace

std::string why_not(const Graph& graph, const Node& node, const AllDims& dims) {
  if (auto why = wrong_types(graph, node); !why.empty()) return why;
  if (reads_constants_alone(graph, node)) return "it reads constants alone, which the engine may fold";
  if (auto why = row(node.op)({graph, node, dims}); !why.empty()) return why;
  if (const Status fits = check_dims(graph, node, dims); !fits.ok()) return clause_of(fits);
  return wrong_sums(graph, node, dims);
}

}  // namespace tandem::graph
