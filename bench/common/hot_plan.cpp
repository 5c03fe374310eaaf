#include "bench/common/hot_plan.hpp"

#include <algorithm>

#include "bench/common/laps.hpp"

namespace tandem::bench {
namespace {

Shape with_pitch(Shape shape, std::int64_t pitch) {
  if (pitch != 0) shape.c = pitch;
  return shape;
}

}  // namespace

HotPlan::HotPlan(const Plan& plan, const PixelStrides& strides, bool takes_residual)
    : plan_(plan),
      src_(with_pitch(plan.input_shape(), strides.src), 1),
      dst_(with_pitch(plan.output_shape(), strides.dst), 2),
      residual_(takes_residual ? plan.output_shape() : Shape{1, 1, 1, 1}, 3),
      workspace_(network::allocate_aligned(plan.workspace_bytes())),
      args_{src_.data(), dst_.data(), takes_residual ? residual_.data() : nullptr, workspace_.get()} {}

Result<HotPlan> HotPlan::create(const Operator& op, const Shape& input, const PlanOptions& options,
                                bool takes_residual) {
  const Result<Plan> plan = op.plan(input, options);
  if (!plan) return plan.status();
  HotPlan hot(*plan, options.strides, takes_residual);
  if (const Status status = hot.plan_.run(hot.args_); !status.ok()) return status;
  hot.runs_ = runs_per_lap([&] { hot.run(); });
  return hot;
}

void HotPlan::lap() {
  run();
  Laps lap(1);
  lap.time(
      [&] {
        for (std::int64_t i = 0; i < runs_; ++i) run();
      },
      static_cast<double>(runs_));
  seconds_ = std::min(seconds_, lap.minimum());
}

}  // namespace tandem::bench
