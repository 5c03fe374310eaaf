// The operators that carry weights.
#include "engines/graph/lower.hpp"

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/window.hpp"
#include "tandem/cost.hpp"

namespace tandem::graph {
namespace {

DataType data_type(ElementType type) noexcept {
  return type == ElementType::kU8 ? DataType::kU8 : type == ElementType::kS8 ? DataType::kS8 : DataType::kF32;
}

// The filter and the bias that a stage reads, and the memory of what the library has in another type.
class StageWeights {
 public:
  StageWeights(const Graph& graph, const Node& node, std::size_t filter, FilterLayout layout) {
    const Value& value = graph.values[index(node.inputs[filter])];
    const ValueId bias = filter + 1 < node.inputs.size() ? node.inputs[filter + 1] : kNoValue;
    weights_.layout = layout;
    if (is_byte(value.type)) {
      const auto count = static_cast<std::size_t>(elements(value.dims));
      weights_.filter = {data_type(value.type), value.data.bytes, count};
      weights_.scales = FloatSpan(value.scales.data(), value.scales.size());
      if (bias == kNoValue) return;
      const auto& integers = graph.values[index(bias)].data.integers;
      bias_.assign(integers.begin(), integers.end());
      weights_.bias = {DataType::kS32, bias_.data(), bias_.size()};
      return;
    }
    const auto f = floats(graph, node.inputs[filter]), b = floats(graph, bias);
    weights_.filter = FloatSpan(f.data(), f.size());
    weights_.bias = FloatSpan(b.data(), b.size());
  }
  StageWeights(const StageWeights&) = delete;
  StageWeights& operator=(const StageWeights&) = delete;

  operator const Weights&() const noexcept { return weights_; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] Weights& get() noexcept { return weights_; }

 private:
  Weights weights_;
  std::vector<std::int32_t> bias_;
};

StageWeights weights(const Graph& graph, const Node& node, std::size_t filter, FilterLayout layout) {
  return {graph, node, filter, layout};
}

template <class Params>
void set_stage_types(Params& p, const Graph& graph, const Node& node) {
  if (!is_quantised(graph, node)) return;
  p.src_type = tensor_type(graph, node.inputs[0]);
  p.dst_type = tensor_type(graph, node.outputs[0]);
  p.weight_type = data_type(graph.values[index(node.inputs[1])].type);
  p.rounding = graph.rounding;
}

FilterSizes sizes(const Graph& graph, const Node& node, std::size_t filter, FilterLayout layout) {
  return filter_sizes(graph.values[index(node.inputs[filter])].dims, layout);
}

std::int32_t narrow(std::int64_t n) { return n > 0 && n < INT32_MAX ? static_cast<std::int32_t>(n) : -1; }

template <class Params, class Attributes>
void set_window(Params& p, const FilterSizes& f, const Attributes& a) {
  p.kernel_h = narrow(f.h);
  p.kernel_w = narrow(f.w);
  copy_window(a, p);
  p.activation = a.activation;
}

ResidualOrder order(const ConvAttributes& a) {
  return a.residual_after_activation ? ResidualOrder::kAfterActivation : ResidualOrder::kBeforeActivation;
}

DepthwiseParams depthwise(const FilterSizes& f, const ConvAttributes& a) {
  DepthwiseParams p;
  set_window(p, f, a);
  p.channels = a.groups;
  p.multiplier = narrow(f.out / a.groups);
  return p;
}

PointwiseParams pointwise(const FilterSizes& f, const ConvAttributes& a) {
  PointwiseParams p;
  p.in_channels = narrow(f.in);
  p.out_channels = narrow(f.out);
  p.activation = a.activation;
  return p;
}

bool has_residual(const Node& node, std::size_t place) {
  return node.inputs.size() > place && node.inputs[place] != kNoValue;
}

Result<Operator> create_conv(const Graph& graph, const Node& node) {
  const auto& a = std::get<ConvAttributes>(node.attributes);
  const FilterSizes f = sizes(graph, node, 1, a.filter_layout);
  const bool residual = has_residual(node, 3);
  if (a.filter_layout == FilterLayout::k1hwc) {
    DepthwiseParams p = depthwise(f, a);
    p.residual = residual;
    p.residual_order = order(a);
    set_stage_types(p, graph, node);
    return Operator::depthwise(p, weights(graph, node, 1, a.filter_layout));
  }
  Conv2dParams p;
  set_window(p, f, a);
  p.in_channels = narrow(f.in * a.groups);
  p.out_channels = narrow(f.out);
  p.groups = a.groups;
  p.residual = residual;
  p.residual_order = order(a);
  set_stage_types(p, graph, node);
  return Operator::conv2d(p, weights(graph, node, 1, a.filter_layout));
}

Result<Operator> create_transposed(const Graph& graph, const Node& node) {
  const auto& a = std::get<ConvTransposeAttributes>(node.attributes);
  const FilterSizes f = sizes(graph, node, 1, a.filter_layout);
  ConvTranspose2dParams p;
  set_window(p, f, a);
  const bool iohw = a.filter_layout == FilterLayout::kIohw;
  p.in_channels = narrow(iohw ? f.in : f.in * a.groups);
  p.out_channels = narrow(iohw ? f.out * a.groups : f.out);
  p.groups = a.groups;
  p.output_padding_h = a.output_padding_h;
  p.output_padding_w = a.output_padding_w;
  p.output_h = a.output_h;
  p.output_w = a.output_w;
  set_stage_types(p, graph, node);
  return Operator::conv_transpose2d(p, weights(graph, node, 1, a.filter_layout));
}

Result<Operator> create_matmul(const Graph& graph, const Node& node) {
  const auto& a = std::get<MatMulAttributes>(node.attributes);
  const Dims& f = graph.values[index(node.inputs[1])].dims;
  FullyConnectedParams p;
  p.in_features = narrow(f[a.filter_transposed ? 1 : 0]);
  p.out_features = narrow(f[a.filter_transposed ? 0 : 1]);
  p.activation = a.activation;
  StageWeights w(graph, node, 1, a.filter_transposed ? FilterLayout::kOihw : FilterLayout::kHwio);
  std::vector<float> same;  // Gemm's bias may be one number for all columns
  Weights& given = w.get();
  if (given.bias.size == 1 && given.bias.type == DataType::kF32 && p.out_features > 1) {
    same.assign(static_cast<std::size_t>(p.out_features), floats(graph, node.inputs[2])[0]);
    given.bias = same;
  }
  set_stage_types(p, graph, node);
  return Operator::fully_connected(p, given);
}

Result<Operator> create_squeeze_excite(const Graph& graph, const Node& node) {
  const auto& a = std::get<SqueezeExciteAttributes>(node.attributes);
  const FilterSizes f = sizes(graph, node, 1, a.filter_layout);
  SqueezeExciteParams p;
  p.channels = narrow(f.in);
  p.reduced_channels = narrow(f.out);
  p.activation = a.activation;
  p.gate = a.gate;
  return Operator::squeeze_excite(p, weights(graph, node, 1, a.filter_layout),
                                  weights(graph, node, 3, a.filter_layout));
}

// Stage i of a quantised block reads what the one before stores.
template <class Params>
void set_block_types(Params& p, std::size_t i, const Graph& graph, const Node& node) {
  const auto& stored = std::get<BlockOfConvs>(node.attributes).stored;
  if (stored.empty()) return;
  p.src_type = i == 0 ? tensor_type(graph, node.inputs[0]) : stored[i - 1];
  p.dst_type = stored[i];
  p.weight_type = data_type(graph.values[index(node.inputs[1 + 2 * i])].type);
  p.rounding = graph.rounding;
}

Result<Operator> create_block(const Graph& graph, const Node& node) {
  const auto& stages = std::get<BlockOfConvs>(node.attributes).stages;
  const auto f = [&](std::size_t i) { return sizes(graph, node, 1 + 2 * i, stages[i].filter_layout); };
  const auto w = [&](std::size_t i) { return weights(graph, node, 1 + 2 * i, stages[i].filter_layout); };
  const bool residual = has_residual(node, 1 + 2 * stages.size());
  if (node.op == Op::kSeparable) {
    SeparableParams p{depthwise(f(0), stages[0]), pointwise(f(1), stages[1])};
    p.pointwise.residual = residual;
    p.pointwise.residual_order = order(stages[1]);
    set_block_types(p.depthwise, 0, graph, node);
    set_block_types(p.pointwise, 1, graph, node);
    return Operator::separable(p, w(0), w(1));
  }
  InvertedResidualParams p{pointwise(f(0), stages[0]), depthwise(f(1), stages[1]), pointwise(f(2), stages[2]),
                           residual};
  p.project.residual_order = order(stages[2]);
  set_block_types(p.expand, 0, graph, node);
  set_block_types(p.depthwise, 1, graph, node);
  set_block_types(p.project, 2, graph, node);
  p.project.residual_type = p.expand.src_type;
  p.sum_type = tensor_type(graph, node.outputs[0]);
  // A quantised addition is a node by itself, so what was before it has come to its end.
  const bool quantised = !std::get<BlockOfConvs>(node.attributes).stored.empty();
  if (quantised) p.project.residual_order = ResidualOrder::kAfterActivation;
  return Operator::inverted_residual(p, w(0), w(1), w(2));
}

std::int64_t conv_multiply_adds(const FilterSizes& f, const Shape& y) {
  return cost::regular(f.h, f.w, f.in, y.n * y.h, y.w, f.out);
}

// Elements of a filter at one index of its first or its last axis; 0 if they are not known.
std::int64_t elements_of_one(const Dims& filter, bool first) {
  if (filter.empty() || elements(filter) == kUnknown) return 0;
  const std::int64_t channels = first ? filter.front() : filter.back();
  return channels > 0 ? elements(filter) / channels : 0;
}

}  // namespace

TensorType tensor_type(const Graph& graph, ValueId id) noexcept {
  const Value& value = graph.values[index(id)];
  if (!is_byte(value.type) || value.scales.size() != 1) return {data_type(value.type)};
  return {data_type(value.type), {value.scales[0], value.zero_point}};
}

bool is_quantised(const Graph& graph, const Node& node) noexcept {
  return !node.inputs.empty() && node.inputs[0] != kNoValue && is_byte(graph.values[index(node.inputs[0])].type);
}

bool has_weights(const Node& node) noexcept {
  switch (node.op) {
    case Op::kConv:
    case Op::kConvTranspose:
    case Op::kMatMul:
    case Op::kSqueezeExcite:
    case Op::kSeparable:
    case Op::kInvertedResidual:
      return true;
    default:
      return false;
  }
}

Result<Operator> create_operator(const Graph& graph, const Node& node) {
  Result<Operator> created = [&]() -> Result<Operator> {
    switch (node.op) {
      case Op::kConv:
        return create_conv(graph, node);
      case Op::kConvTranspose:
        return create_transposed(graph, node);
      case Op::kMatMul:
        return create_matmul(graph, node);
      case Op::kSqueezeExcite:
        return create_squeeze_excite(graph, node);
      case Op::kSeparable:
      case Op::kInvertedResidual:
        return create_block(graph, node);
      default:
        return Status(StatusCode::kUnsupported, "it has no weights");
    }
  }();
  if (created.ok()) return created;
  return node_error(created.status().code(), node, "%s", created.status().message());
}

Shape image_shape(const Dims& dims, Layout layout) noexcept {
  const ImageAxes axes = image_axes(layout);
  return {dims[0], dims[axes.h], dims[axes.w], dims[axes.c]};
}

Shape matrix_shape(const Dims& dims) noexcept {
  const std::int64_t columns = dims.back();
  return {columns > 0 ? elements(dims) / columns : 0, 1, 1, columns};
}

std::int64_t multiply_adds(const Graph& graph, const Node& node, const AllDims& dims) {
  if (!has_weights(node)) return 0;
  const auto& x = dims[index(node.inputs[0])];
  const auto& y = dims[index(node.outputs[0])];
  if (!x || !y || elements(*x) == kUnknown || elements(*y) == kUnknown) return 0;
  switch (node.op) {
    case Op::kMatMul:
      return x->empty() ? 0 : elements(*y) * x->back();
    // Convolutions of any number of axes, since those that stay with the engine are counted as well. An output meets
    // the elements of its own filter, an input of a transposed convolution those of the filters of its channel.
    case Op::kConv: {
      const Dims& filter = graph.values[index(node.inputs[1])].dims;
      const auto layout = std::get<ConvAttributes>(node.attributes).filter_layout;
      const bool outputs_first = layout == FilterLayout::kOihw || layout == FilterLayout::kOhwi;
      return elements(*y) * elements_of_one(filter, outputs_first);
    }
    case Op::kConvTranspose: {
      const Dims& filter = graph.values[index(node.inputs[1])].dims;
      const auto layout = std::get<ConvTransposeAttributes>(node.attributes).filter_layout;
      return elements(*x) * elements_of_one(filter, layout == FilterLayout::kIohw);
    }
    case Op::kSqueezeExcite: {
      const FilterSizes f = sizes(graph, node, 1, std::get<SqueezeExciteAttributes>(node.attributes).filter_layout);
      return 2 * (*x)[0] * f.in * f.out;
    }
    default:
      break;
  }
  const auto& stages = std::get<BlockOfConvs>(node.attributes).stages;
  std::int64_t sum = 0;
  const Shape in = image_shape(*x, graph.layout), out = image_shape(*y, graph.layout);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    // The depthwise stage alone may change the size.
    const bool before = node.op == Op::kInvertedResidual && i == 0;
    sum += conv_multiply_adds(sizes(graph, node, 1 + 2 * i, stages[i].filter_layout), before ? in : out);
  }
  return sum;
}

}  // namespace tandem::graph
