// Squeeze-and-excite: mean over pixels, two small matrix products, channel-wise product. These are four stages of one
// fork, since each needs the whole output of the one before:
//
//   src [pixels, C] -mean-> [C] -reduce-> [R] -expand-> gates [C]; dst[p, c] = src[p, c] * gates[c]
#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/packed_squeeze_excite.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/squeeze_excite.hpp"
#include "src/stages/gates.hpp"
#include "src/weights/filter.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

/// The four steps. A task of the scaling is some pixels.
struct SqueezeExciteBlocking {
  GateSteps gates;
  Step<std::int64_t> scale;  // blocks of pixels per image
};

/// Each step runs on one worker or on all of them, whichever is faster.
Candidate<SqueezeExciteBlocking> squeeze_excite_candidate(const Machine& machine, const Shape& s,
                                                          const SqueezeExciteGeometry& weights, std::int32_t workers) {
  constexpr std::int64_t kFewestPixels = 32;
  const auto bytes = static_cast<double>(s.elements()) * machine.tensor_bytes;
  const Machine later = already_forked(machine);
  const Machine later_shared = already_forked(shared_by(machine, workers));
  const std::int64_t wanted = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, s.n);
  const std::int64_t pixels = std::clamp<std::int64_t>(s.h * s.w / kFewestPixels, 1, wanted);

  const SqueezeExciteBlocking b{
      {mean_step(machine, s, workers), product_step(later, weights.reduce, s.n, workers),
       product_step(later, weights.expand, s.n, workers)},
      faster(stream_step(later, copy_cost(later, bytes), s.n, 1, 1),
             stream_step(later_shared, copy_cost(later_shared, bytes), s.n, pixels, workers))};
  Candidate<SqueezeExciteBlocking> c{b, 1, {}, 0.0};
  add_step(c, b.gates.mean);
  add_step(c, b.gates.reduce);
  add_step(c, b.gates.expand);
  add_step(c, b.scale);
  finish_steps(c);
  return c;
}

class SqueezeExcitePlan final : public PlanImpl {
 public:
  SqueezeExcitePlan(const PackedSqueezeExcite& weights, const SqueezeExciteBlocking& blocking, std::int64_t images)
      : weights_(weights), blocking_(blocking), buffers_(weights, images, pieces) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const Shape& in = info.input;
    const GateRows rows = buffers_.rows(workspace(args));
    const MeanTasks mean =
        means(weights_, blocking_.gates.mean, {args.src, info.byte_strides().src}, in.n, in.h * in.w, rows);
    worker.share(mean.tasks(), mean);
    run_products(weights_, blocking_.gates, in.n, rows, worker);
    worker.share(in.n * blocking_.scale.blocking,
                 [&](std::int64_t task, const Worker&) { scale(args, rows.of_channels, task); });
  }

 private:
  void scale(const RunArgs& args, const kernels::Rows& gates, std::int64_t task) const noexcept {
    const Shape& in = info.input;
    const std::int64_t image = task / blocking_.scale.blocking;
    const Range pixels = part(in.h * in.w, blocking_.scale.blocking, task % blocking_.scale.blocking);
    const std::int64_t first = image * in.h * in.w + pixels.begin;
    const ByteStrides strides = info.byte_strides();
    const kernels::ConstRows src = rows_from(kernels::ConstRows{args.src, strides.src}, first);
    const kernels::Rows dst = rows_from(kernels::Rows{args.dst, strides.dst}, first);
    apply_gates(weights_, src, advance(gates.data, image * gates.stride), dst, pixels.end - pixels.begin);
  }

  const PackedSqueezeExcite& weights_;
  SqueezeExciteBlocking blocking_;
  GateBuffers buffers_;
};

class SqueezeExcite final : public OperatorImpl {
 public:
  SqueezeExcite(const SqueezeExciteParams& p, PackedSqueezeExcite weights)
      : OperatorImpl(weights.kernels(), {p.src_type.type, p.dst_type.type}), params_(p), weights_(std::move(weights)) {}

  const char* name() const noexcept override { return "squeeze_excite"; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    Result<Shape> same = same_shape(input, params_.channels);
    if (!same.ok()) return same;
    const Status squeezed = check_squeezed(&weights_, input.h, input.w);
    return squeezed.ok() ? same : Result<Shape>(squeezed);
  }

  // The two products; the theory's formulas count neither the mean nor the gating.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override {
    return input.n * cost::squeeze_excite(params_.channels, params_.reduced_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    std::vector<Candidate<SqueezeExciteBlocking>> ways;
    for (const std::int32_t workers : worker_counts(info.workers)) {
      const auto way = squeeze_excite_candidate(planning.machine, info.input, weights_.geometry(), workers);
      if (ways.empty() || way.workers > ways.back().workers) ways.push_back(way);
    }
    const std::size_t chosen = choose(ways, planning.candidate);
    const SqueezeExciteBlocking& b = ways[chosen].blocking;

    info.runs_in_place = true;

    PlanReport& report = info.report;
    report.kind = PlanKind::kSqueezeExcite;
    report_choice(ways, chosen, info);
    report.partition = ways[chosen].workers == 1 ? Partition::kNone : Partition::kBoth;
    report.row_block = ceil_div(info.input.h * info.input.w, b.scale.blocking);
    report.channel_block = longest_line_part(params_.channels, b.gates.mean.blocking);
    auto plan = std::make_unique<SqueezeExcitePlan>(weights_, b, info.input.n);
    plan->info = std::move(info);
    return plan;
  }

 private:
  SqueezeExciteParams params_;
  PackedSqueezeExcite weights_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::squeeze_excite(const SqueezeExciteParams& params, const Weights& reduce,
                                          const Weights& expand, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_squeeze_excite("", params, {reduce, expand});
    if (!status.ok()) return status;
    auto packed = pack_squeeze_excite(params, {reduce, expand}, options.isa);
    if (!packed.ok()) return packed.status();
    return Operator(std::make_shared<const SqueezeExcite>(params, *std::move(packed)));
  });
}

}  // namespace tandem::inline TANDEM_ABI
