// Global average pool: images by blocks of channels.
#include <algorithm>
#include <utility>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/tiling.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class PoolPlan final : public PlanImpl {
 public:
  PoolPlan(const kernels::KernelTable& kernels, std::int64_t channel_blocks, const PackedEpilogue& epilogue)
      : kernels_(kernels), channel_blocks_(channel_blocks), epilogue_(epilogue) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const Shape& in = info.input;
    worker.share(in.n * channel_blocks_, [&](std::int64_t task, const Worker&) {
      const std::int64_t image = task / channel_blocks_;
      const Range channels = part(in.c, channel_blocks_, task % channel_blocks_);
      const std::int64_t pixels = in.h * in.w;
      const std::int64_t stride = info.strides.src;
      kernels_.global_average_pool({args.src + image * pixels * stride + channels.begin,
                                    args.dst + image * info.strides.dst + channels.begin, stride, pixels,
                                    channels.end - channels.begin, epilogue_.at(channels.begin)});
    });
  }

 private:
  const kernels::KernelTable& kernels_;
  std::int64_t channel_blocks_;
  const PackedEpilogue& epilogue_;
};

class GlobalAveragePool final : public OperatorImpl {
 public:
  GlobalAveragePool(const kernels::KernelTable& kernels, const GlobalAveragePoolParams& params)
      : OperatorImpl(kernels),
        params_(params),
        epilogue_(kernels, params.activation, ResidualOrder::kBeforeActivation, {0, params.channels}) {}

  const char* name() const noexcept override { return "global_average_pool"; }
  std::size_t packed_bytes() const noexcept override { return epilogue_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    return Shape{input.n, 1, 1, params_.channels};
  }

  // One addition an input element; the theory's formulas count none.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    constexpr std::int64_t kFewestChannels = 64;  // four lines: less, and workers would share lines
    const std::int64_t blocks =
        std::clamp<std::int64_t>(params_.channels / kFewestChannels, 1, worth_workers(info.op_count, info.workers));
    const std::int64_t tasks = info.input.n * blocks;
    Candidate<std::int64_t> way{blocks, worth_workers(info.op_count, info.workers), {}, 1.0};
    way.workers = static_cast<std::int32_t>(std::min<std::int64_t>(way.workers, tasks));
    const std::int64_t busiest = ceil_div(tasks, way.workers);
    way.estimate = stream_cost(shared_by(planning.machine, way.workers),
                               static_cast<double>(info.input.elements()) * sizeof(float));
    way.estimate.seconds = fork_cost(planning.machine, way.workers) +
                           way.estimate.seconds * static_cast<double>(busiest) / static_cast<double>(tasks);
    way.balance = static_cast<double>(tasks) / static_cast<double>(busiest * way.workers);

    PlanReport& report = info.report;
    report.kind = PlanKind::kPooling;
    report.partition = partition_of(info.input.n, blocks, way.workers);
    report.row_block = 1;
    report.channel_block = ceil_div(params_.channels, blocks);
    report_epilogue(epilogue_.at(0), info);
    report_estimate(way, info);
    auto plan = std::make_unique<PoolPlan>(kernels(), blocks, epilogue_);
    plan->info = std::move(info);
    return plan;
  }

 private:
  GlobalAveragePoolParams params_;
  PackedEpilogue epilogue_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::global_average_pool(const GlobalAveragePoolParams& params,
                                               const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = first_error(
        {check_at_least_one("channels", params.channels), check_activation("", params.activation, params.channels)});
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa);
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const GlobalAveragePool>(**kernels, params));
  });
}

}  // namespace tandem::inline TANDEM_ABI
