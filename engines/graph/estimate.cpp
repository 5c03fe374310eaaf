// Rates by the cost model, and a guess of the engine.
#include "engines/graph/estimate.hpp"

#include <algorithm>
#include <vector>

#include "engines/graph/edit.hpp"
#include "engines/graph/lower.hpp"

namespace tandem::graph {
namespace {

// Engines run a convolution about as fast as Tandem, but call each operator by itself: an activation, an addition or an
// affine that Tandem fuses costs them a pass over the data, and a call.
constexpr double kEngineConvolution = 1.05;
constexpr double kEngineDepthwise = 1.5;  // measured: ONNX Runtime 1.23 to 1.32 on AVX2 and AVX-512
constexpr double kEngineCall = 2e-6;      // seconds

// Seconds of one plan for so many workers, if it can be had.
double planned(const Result<Operator>& op, const Shape& shape, std::int32_t threads) {
  if (!op.ok()) return 0;
  PlanOptions options;
  ThreadPool pool;
  pool.self = &threads;
  pool.concurrency = [](void* self) { return *static_cast<std::int32_t*>(self); };
  pool.parallel = [](void*, std::int32_t count, WorkerFunction worker, void* context) {
    for (std::int32_t i = 0; i < count; ++i) worker(context, i);
  };
  options.executor = Executor::pool(pool);
  const Result<Plan> plan = op->plan(shape, options);
  return plan.ok() ? plan->report().predicted_seconds : 0;
}

// Weights of ones, in the type that tensors of this type take.
class Ones {
 public:
  Ones(DataType tensors, std::size_t count)
      : quantised_(tensors != DataType::kF32), floats_(count, 1.0F), bytes_(count, 1) {}
  [[nodiscard]] DataType type() const { return quantised_ ? DataType::kS8 : DataType::kF32; }
  operator Weights() const {  // NOLINT(google-explicit-constructor)
    if (!quantised_) return floats_;
    return {{DataType::kS8, bytes_.data(), bytes_.size()}, FilterLayout::kOihw, {}, {floats_.data(), 1}};
  }

 private:
  bool quantised_;
  std::vector<float> floats_;
  std::vector<std::int8_t> bytes_;
};

constexpr std::int32_t kChannels = 128;  // of the typical layers, on maps of 28 x 28
constexpr Shape kTypical{1, 28, 28, kChannels};

// Seconds of a multiply-add of a 3 x 3 convolution with groups of so many channels. Depthwise ones, which move most bytes for
// each, groups that share a vector, for which inputs are permuted, and groups that fill tiles of a product of their own run at
// different shares of the peak.
double grouped_rate(const TensorType& tensors, std::int64_t inputs, std::int64_t outputs, std::int32_t threads) {
  const auto in = static_cast<std::int32_t>(std::min<std::int64_t>(inputs, kChannels));
  const auto out = static_cast<std::int32_t>(std::min<std::int64_t>(outputs, kChannels));
  Conv2dParams p;
  p.groups = std::max(kChannels / std::max(in, out), 2);
  p.in_channels = in * p.groups;
  p.out_channels = out * p.groups;
  p.kernel_h = p.kernel_w = 3;
  p.padding = Padding::same();
  const std::int64_t taps = std::int64_t{9} * in * p.out_channels;
  const Ones filter(tensors.type, static_cast<std::size_t>(taps));
  set_types(p, tensors, filter.type());
  const Shape shape{1, kTypical.h, kTypical.w, p.in_channels};
  return planned(Operator::conv2d(p, filter), shape, threads) / static_cast<double>(kTypical.h * kTypical.w * taps);
}

}  // namespace

Estimator::Estimator(const Graph& graph, const AllDims& dims, std::int32_t threads) : floats_(rates({}, threads)) {
  const bool any =
      std::any_of(graph.values.begin(), graph.values.end(), [](const Value& v) { return is_byte(v.type); });
  if (any) bytes_ = rates({DataType::kU8}, threads);
  for (const Node& node : graph.nodes) {
    const std::optional<GroupShape> shape = group_shape(graph, node, dims);
    if (!shape) continue;
    const bool quantised = is_quantised(graph, node);
    Rates& rates = quantised ? bytes_ : floats_;
    const auto [rate, is_new] = rates.grouped_seconds.try_emplace(*shape);
    if (is_new) {
      rate->second =
          grouped_rate(quantised ? TensorType{DataType::kU8} : TensorType{}, shape->inputs, shape->outputs, threads);
    }
  }
}

std::optional<Estimator::GroupShape> Estimator::group_shape(const Graph& graph, const Node& node, const AllDims& dims) {
  if (node.op != Op::kConv) return std::nullopt;
  const std::int32_t groups = std::get<ConvAttributes>(node.attributes).groups;
  const auto channels = [&](ValueId id) {
    const auto& d = dims[index(id)];
    if (!d || d->size() < 2) return kUnknown;
    return graph.layout == Layout::kNchw ? (*d)[1] : d->back();
  };
  const std::int64_t inputs = channels(node.inputs[0]), outputs = channels(node.outputs[0]);
  if (groups < 2 || inputs < groups || outputs < groups) return std::nullopt;
  return GroupShape{inputs / groups, outputs / groups};
}

Estimator::Rates Estimator::rates(const TensorType& tensors, std::int32_t threads) {
  Rates rates;
  const Shape& shape = kTypical;
  const Ones filter(tensors.type, std::size_t{kChannels} * kChannels);
  PointwiseParams pointwise;
  pointwise.in_channels = pointwise.out_channels = kChannels;
  set_types(pointwise, tensors, filter.type());
  rates.multiply_add_seconds = planned(Operator::pointwise(pointwise, filter), shape, threads) /
                               static_cast<double>(shape.elements() * kChannels);
  ConvertLayoutParams layout;
  layout.channels = kChannels;
  layout.type = tensors;
  rates.element_seconds =
      planned(Operator::convert_layout(layout), shape, threads) / static_cast<double>(shape.elements());
  return rates;
}

Estimate Estimator::node(const Graph& graph, const Node& node, const AllDims& dims) const {
  Estimate e;
  double count = 0;  // elements written
  for (const ValueId id : node.outputs) {
    if (id == kNoValue || !dims[index(id)]) continue;
    const std::int64_t n = elements(*dims[index(id)]);
    if (n != kUnknown) count += static_cast<double>(n);
  }
  e.multiply_adds = multiply_adds(graph, node, dims);
  const bool quantised = is_quantised(graph, node);
  const Rates& rates = quantised ? bytes_ : floats_;
  if (node.op == Op::kConv) {
    const std::optional<GroupShape> shape = group_shape(graph, node, dims);
    const double rate = shape ? rates.grouped_seconds.at(*shape) : rates.multiply_add_seconds;
    e.seconds = static_cast<double>(e.multiply_adds) * rate;
    e.engine_seconds = e.seconds * (shape == GroupShape{1, 1} ? kEngineDepthwise : kEngineConvolution);
  } else if (has_weights(node)) {
    e.seconds = static_cast<double>(e.multiply_adds) * rates.multiply_add_seconds;
    if (node.op == Op::kSqueezeExcite) e.seconds += count * rates.element_seconds;
    e.engine_seconds = e.seconds * kEngineConvolution;
  } else if (node.op != Op::kReshape && node.op != Op::kTranspose && node.op != Op::kIdentity &&
             node.op != Op::kSplit && node.op != Op::kSlice && node.op != Op::kConcat) {
    e.seconds = count * rates.element_seconds;
    e.engine_seconds = e.seconds;
  } else if (node.op == Op::kConcat || node.op == Op::kSplit) {
    e.engine_seconds = count * rates.element_seconds;  // a copy there, a pixel stride here
  }
  // The engine, too, makes one operator on 8 bits of what lies between kDequantize and kQuantize.
  const auto* block = std::get_if<BlockOfConvs>(&node.attributes);
  const auto* table = std::get_if<TableAttributes>(&node.attributes);
  const double stages = block != nullptr   ? static_cast<double>(block->stages.size())
                        : table != nullptr ? static_cast<double>(table->operators)
                                           : 1.0;
  const auto calls = quantised ? stages : static_cast<double>(node.sources.size());
  e.engine_seconds += calls * kEngineCall + (calls > 1 ? (calls - 1) * count * rates.element_seconds : 0);
  return e;
}

double Estimator::conversion(const Dims& dims, ElementType type) const {
  const std::int64_t count = elements(dims);
  const double each = is_byte(type) ? bytes_.element_seconds : floats_.element_seconds;
  return count == kUnknown ? 0 : static_cast<double>(count) * each;
}

}  // namespace tandem::graph
