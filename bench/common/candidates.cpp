#include "bench/common/candidates.hpp"

#include <algorithm>
#include <cmath>

#include "bench/common/laps.hpp"
#include "network/aligned_buffer.hpp"

namespace tandem::bench {
namespace {

constexpr Shape kCoolerShape = {1, 32, 32, 1024};

/// Writes the layer's input with as many workers as the layer has: a copy, by a depthwise layer of one tap.
class LayerBefore {
 public:
  static Result<LayerBefore> create(const Shape& input, int threads) {
    DepthwiseParams copy;
    copy.channels = static_cast<std::int32_t>(input.c);
    copy.kernel_h = copy.kernel_w = 1;
    const std::vector<float> ones(static_cast<std::size_t>(input.c), 1.0F);
    const Result<Operator> op = Operator::depthwise(copy, {ones});
    if (!op) return op.status();
    PlanOptions options;
    options.threads = threads;
    const Result<Plan> plan = op->plan(input, options);
    if (!plan) return plan.status();
    return LayerBefore(*plan);
  }
  void run(float* input) noexcept { (void)plan_.run(src_.data(), input, workspace_.get()); }

 private:
  explicit LayerBefore(const Plan& plan)
      : plan_(plan), src_(plan.input_shape(), 3), workspace_(network::allocate_aligned(plan.workspace_bytes())) {}

  Plan plan_;
  RandomTensor src_;
  network::AlignedBytes workspace_;
};

/// All candidates of a shape, in the order of their numbers.
Result<std::vector<Plan>> plan_all(const Operator& op, const Shape& input, int threads) {
  PlanOptions options;
  options.threads = threads;
  std::vector<Plan> plans;
  do {
    ++options.candidate;
    const Result<Plan> plan = op.plan(input, options);
    if (!plan) return plan.status();
    plans.push_back(*plan);
  } while (options.candidate < plans.front().report().candidates);
  return plans;
}

/// The tensors of one shape, and the workspace and residual that its plans may need.
class Place {
 public:
  Place(const std::vector<Plan>& plans, bool takes_residual)
      : src_(plans.front().input_shape(), 1),
        dst_(plans.front().output_shape(), 2),
        residual_(plans.front().output_shape(), 3),
        takes_residual_(takes_residual) {
    std::size_t bytes = 0;
    for (const Plan& plan : plans) bytes = std::max(bytes, plan.workspace_bytes());
    workspace_ = network::allocate_aligned(bytes);
  }
  [[nodiscard]] float* input() noexcept { return src_.data(); }
  [[nodiscard]] RunArgs args() noexcept {
    return {src_.data(), dst_.data(), takes_residual_ ? residual_.data() : nullptr, workspace_.get()};
  }

 private:
  RandomTensor src_, dst_, residual_;
  bool takes_residual_;
  network::AlignedBytes workspace_;
};

/// The fastest run of each plan.
Result<std::vector<double>> time_all(const std::vector<Plan>& plans, Place& place, int rounds, Cooler& cooler,
                                     LayerBefore& before) {
  std::vector<double> seconds(plans.size(), HUGE_VAL);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      cooler.run();
      before.run(place.input());
      Laps lap(1);
      Status status;
      lap.time([&] { status = plans[i].run(place.args()); });
      if (!status.ok()) return status;
      seconds[i] = std::min(seconds[i], lap.minimum());
    }
  }
  return seconds;
}

Result<std::vector<double>> time_everywhere(const std::vector<Plan>& plans, bool takes_residual,
                                            const CandidateRounds& options, Cooler& cooler, LayerBefore& before) {
  std::vector<Place> places;  // all at once: freed memory would be reused as the next place
  for (int i = 0; i < options.places; ++i) places.emplace_back(plans, takes_residual);
  std::vector<double> means(plans.size(), 0.0);
  for (Place& place : places) {
    const Result<std::vector<double>> seconds = time_all(plans, place, options.rounds, cooler, before);
    if (!seconds) return seconds.status();
    for (std::size_t i = 0; i < plans.size(); ++i) means[i] += (*seconds)[i] / options.places;
  }
  return means;
}

}  // namespace

Cooler::Cooler(const Plan& plan) : plan_(plan), src_(kCoolerShape, 1), dst_(plan.output_shape(), 2) {}

Result<Cooler> Cooler::create(int threads) {
  const Result<Operator> pool = Operator::global_average_pool({kCoolerShape.c, Activation::none()});
  if (!pool) return pool.status();
  PlanOptions options;
  options.threads = threads;
  const Result<Plan> plan = pool->plan(kCoolerShape, options);
  if (!plan) return plan.status();
  return Cooler(*plan);
}

Result<CandidateTimes> time_candidates(const Operator& op, const Shape& input, bool takes_residual, int threads,
                                       const CandidateRounds& rounds, Cooler& cooler) {
  PlanOptions options;
  options.threads = threads;
  const Result<Plan> chosen = op.plan(input, options);
  if (!chosen) return chosen.status();
  const Result<std::vector<Plan>> plans = plan_all(op, input, threads);
  if (!plans) return plans.status();
  Result<LayerBefore> before = LayerBefore::create(input, threads);
  if (!before) return before.status();
  const Result<std::vector<double>> seconds = time_everywhere(*plans, takes_residual, rounds, cooler, *before);
  if (!seconds) return seconds.status();
  CandidateTimes times{*plans, *seconds, 0, 0};
  times.chosen = static_cast<std::size_t>(chosen->report().candidate) - 1;
  times.best = static_cast<std::size_t>(std::min_element(seconds->begin(), seconds->end()) - seconds->begin());
  return times;
}

}  // namespace tandem::bench
