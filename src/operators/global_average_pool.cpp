// Global average pool: images by blocks of channels.
#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/pool_end.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/tiling.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

/// The number of blocks of channels per image; each block is a task.
Candidate<std::int64_t> pool_candidate(const Machine& machine, const Shape& s, std::int32_t workers) {
  constexpr std::int64_t kFewestChannels = 64;  // four cache lines of fp32, so that workers share no lines
  const std::int64_t wanted = ceil_div(workers, s.n);
  const std::int64_t blocks = std::clamp<std::int64_t>(s.c / kFewestChannels, 1, wanted);
  const std::int64_t tasks = s.n * blocks;
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
  const auto busiest = static_cast<double>(ceil_div(tasks, workers));
  const double bytes = static_cast<double>(s.elements()) * machine.tensor_bytes;
  Candidate<std::int64_t> c{blocks, workers, stream_cost(shared_by(machine, workers), bytes), 1.0};
  const double task = c.estimate.seconds / static_cast<double>(tasks);
  c.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task, workers);
  c.balance = static_cast<double>(tasks) / (busiest * workers);
  return c;
}

class PoolPlan final : public PlanImpl {
 public:
  PoolPlan(const kernels::KernelTable& kernels, std::int64_t channel_blocks, const PackedEpilogue& epilogue)
      : kernels_(kernels), channel_blocks_(channel_blocks), epilogue_(epilogue) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const Shape& in = info.input;
    worker.share(in.n * channel_blocks_, [&](std::int64_t task, const Worker&) {
      const std::int64_t image = task / channel_blocks_;
      const Range channels = line_part(in.c, channel_blocks_, task % channel_blocks_);
      const std::int64_t pixels = in.h * in.w;
      const ByteStrides strides = info.byte_strides();
      const std::ptrdiff_t first = channels.begin * kernels_.tensor_bytes();
      kernels_.global_average_pool({{advance(args.src, image * pixels * strides.src + first), strides.src},
                                    advance(args.dst, image * strides.dst + first),
                                    pixels,
                                    channels.end - channels.begin,
                                    epilogue_.at(channels.begin)});
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
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        params_(params),
        epilogue_(mean_end(kernels, params, false)) {}

  const char* name() const noexcept override { return "global_average_pool"; }
  std::size_t packed_bytes() const noexcept override { return epilogue_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    const Status sums = kernels().int8() ? check_int8_pool(input.h, input.w) : Status();
    if (!sums.ok()) return sums;
    return Shape{input.n, 1, 1, params_.channels};
  }

  // One addition per input element; the theory's formulas count none.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    std::vector<Candidate<std::int64_t>> ways;
    for (const std::int32_t workers : worker_counts(info.workers)) {
      const Candidate<std::int64_t> way = pool_candidate(planning.machine, info.input, workers);
      if (ways.empty() || way.workers > ways.back().workers) ways.push_back(way);
    }
    const std::size_t chosen = choose(ways, planning.candidate);
    const std::int64_t blocks = ways[chosen].blocking;

    PlanReport& report = info.report;
    report.kind = PlanKind::kPooling;
    report_choice(ways, chosen, info);
    report.partition = partition_of(info.input.n, blocks, ways[chosen].workers);
    report.row_block = 1;
    report.channel_block = longest_line_part(params_.channels, blocks);
    report_epilogue(epilogue_.at(0), info);
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
        {check_at_least_one("channels", params.channels), check_activation("", params.activation, params.channels),
         check_operand_types(params.src_type, params.dst_type, params.activation, params.rounding)});
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params.src_type.type));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const GlobalAveragePool>(**kernels, params));
  });
}

}  // namespace tandem::inline TANDEM_ABI
