// Rates by the cost model, and a guess of the engine.
#include "engines/graph/estimate.hpp"

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
template <class Params>
double planned(Result<Operator> (*create)(const Params&, const Weights&, const CreateOptions&), const Params& params,
               const Shape& shape, std::size_t weights, std::int32_t threads) {
  const std::vector<float> filter(weights, 1.0F);
  const Result<Operator> op = create(params, filter, {});
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

}  // namespace

Estimator::Estimator(std::int32_t threads) {
  const Shape shape{1, 28, 28, 128};
  PointwiseParams pointwise;
  pointwise.in_channels = pointwise.out_channels = 128;
  multiply_add_seconds_ = planned(Operator::pointwise, pointwise, shape, std::size_t{128} * 128, threads) /
                          static_cast<double>(shape.elements() * 128);
  DepthwiseParams depthwise;
  depthwise.channels = 128;
  depthwise.padding = Padding::same();
  depthwise_seconds_ = planned(Operator::depthwise, depthwise, shape, std::size_t{128} * 9, threads) /
                       static_cast<double>(shape.elements() * 9);
  const auto convert = +[](const ConvertLayoutParams& p, const Weights&, const CreateOptions& o) {
    return Operator::convert_layout(p, o);
  };
  ConvertLayoutParams layout;
  layout.channels = 128;
  element_seconds_ = planned(convert, layout, shape, 0, threads) / static_cast<double>(shape.elements());
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
  if (node.op == Op::kConv) {
    const auto& groups = std::get<ConvAttributes>(node.attributes).groups;
    const double rate = groups > 1 ? depthwise_seconds_ : multiply_add_seconds_;
    e.seconds = static_cast<double>(e.multiply_adds) * rate;
    e.engine_seconds = e.seconds * (groups > 1 ? kEngineDepthwise : kEngineConvolution);
  } else if (has_weights(node)) {
    e.seconds = static_cast<double>(e.multiply_adds) * multiply_add_seconds_;
    if (node.op == Op::kSqueezeExcite) e.seconds += count * element_seconds_;
    e.engine_seconds = e.seconds * kEngineConvolution;
  } else if (node.op != Op::kReshape && node.op != Op::kTranspose && node.op != Op::kIdentity &&
             node.op != Op::kSplit && node.op != Op::kSlice && node.op != Op::kConcat) {
    e.seconds = count * element_seconds_;
    e.engine_seconds = e.seconds;
  } else if (node.op == Op::kConcat || node.op == Op::kSplit) {
    e.engine_seconds = count * element_seconds_;  // a copy there, a pixel stride here
  }
  const auto calls = static_cast<double>(node.sources.size());
  e.engine_seconds += calls * kEngineCall + (calls > 1 ? (calls - 1) * count * element_seconds_ : 0);
  return e;
}

double Estimator::conversion(const Dims& dims) const {
  const std::int64_t count = elements(dims);
  return count == kUnknown ? 0 : static_cast<double>(count) * element_seconds_;
}

}  // namespace tandem::graph
