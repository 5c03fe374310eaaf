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
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/stage_tasks.hpp"
#include "src/weights/filter.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

/// Workers and tasks of one step.
template <class Blocking>
using Step = Candidate<Blocking>;

/// The four steps. A task of the means is some whole cache lines of channels with all their pixels, so that the number
/// of workers does not change a bit. A task of the scaling is some pixels.
struct SqueezeExciteBlocking {
  Step<std::int64_t> mean;  // blocks of channels per image
  Step<GemmBlocking> reduce;
  Step<GemmBlocking> expand;
  Step<std::int64_t> scale;  // blocks of pixels per image
};

/// `blocks` tasks per image for at most `workers` workers, one image after the other.
Step<std::int64_t> stream_step(const Machine& machine, Estimate all, std::int64_t images, std::int64_t blocks,
                               std::int32_t workers) {
  const std::int64_t tasks = images * blocks;
  Step<std::int64_t> step{blocks, static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks)), all, 1.0};
  const auto busiest = static_cast<double>(ceil_div(tasks, step.workers));
  step.balance = static_cast<double>(tasks) / (busiest * step.workers);
  step.estimate.seconds = fork_cost(machine, step.workers) +
                          finish_cost(machine, busiest, all.seconds / static_cast<double>(tasks), step.workers);
  return step;
}

template <class Blocking>
Step<Blocking> faster(const Step<Blocking>& a, const Step<Blocking>& b) noexcept {
  return b.estimate.seconds < a.estimate.seconds ? b : a;
}

Step<GemmBlocking> matrix_step(const Machine& machine, const PackedGemm& weights, std::int64_t rows,
                               std::int32_t workers) {
  const std::vector<Step<GemmBlocking>> ways =
      matrix_candidates(machine, layer_work(machine, geometry_of(weights), rows), weights.panels().count(), workers);
  return ways[fastest(ways)];
}

/// Each step runs on one worker or on all of them, whichever is faster.
Candidate<SqueezeExciteBlocking> squeeze_excite_candidate(const Machine& machine, const Shape& s,
                                                          const PackedGemm& reduce, const PackedGemm& expand,
                                                          std::int32_t workers) {
  constexpr std::int64_t kFewestPixels = 32;
  const auto bytes = static_cast<double>(s.elements()) * machine.tensor_bytes;
  const Machine shared = shared_by(machine, workers);
  const Machine later = already_forked(machine);
  const Machine later_shared = already_forked(shared);
  const std::int64_t wanted = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, s.n);
  const std::int64_t lines = std::clamp<std::int64_t>(ceil_div(s.c, kLineElements), 1, wanted);
  const std::int64_t pixels = std::clamp<std::int64_t>(s.h * s.w / kFewestPixels, 1, wanted);

  const SqueezeExciteBlocking b{
      faster(stream_step(machine, stream_cost(machine, bytes), s.n, 1, 1),
             stream_step(shared, stream_cost(shared, bytes), s.n, lines, workers)),
      matrix_step(later, reduce, s.n, workers), matrix_step(later, expand, s.n, workers),
      faster(stream_step(later, copy_cost(later, bytes), s.n, 1, 1),
             stream_step(later_shared, copy_cost(later_shared, bytes), s.n, pixels, workers))};
  Candidate<SqueezeExciteBlocking> c{b, 1, {}, 0.0};
  const auto add = [&c](const auto& step) {
    c.workers = std::max(c.workers, step.workers);
    c.estimate.add(step.estimate);
    c.balance += step.balance * step.estimate.seconds;
  };
  add(b.mean);
  add(b.reduce);
  add(b.expand);
  add(b.scale);
  c.balance = std::min(c.balance / c.estimate.seconds, 1.0);
  return c;
}

class SqueezeExcitePlan final : public PlanImpl {
 public:
  SqueezeExcitePlan(const PackedGemm& reduce, const PackedGemm& expand, const SqueezeExciteBlocking& blocking,
                    std::int64_t images)
      : kernels_(reduce.kernels()), reduce_(reduce), expand_(expand), blocking_(blocking) {
    of_channels_offset_ = pieces.add_shared(images * channel_bytes());
    hidden_offset_ = pieces.add_shared(images * hidden_bytes());
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const Workspace memory = workspace(args);
    const kernels::Rows of_channels{memory.shared(of_channels_offset_), channel_bytes()};  // means, then gates
    const kernels::Rows hidden{memory.shared(hidden_offset_), hidden_bytes()};
    const auto mean = [&](std::int64_t task, const Worker&) { take_mean(args.src, of_channels, task); };
    const auto product = [&](const PackedGemm& weights, const Step<GemmBlocking>& step, const kernels::Rows& a,
                             const kernels::Rows& c) -> MatrixTasks {
      return {weights, step.blocking, {.rows = info.input.n, .a = {a.data, a.stride}, .c = c}};
    };
    const MatrixTasks reduce = product(reduce_, blocking_.reduce, of_channels, hidden);
    const MatrixTasks expand = product(expand_, blocking_.expand, hidden, of_channels);
    const auto scaling = [&](std::int64_t task, const Worker&) { scale(args, of_channels, task); };
    const std::int64_t images = info.input.n;
    worker.share(images * blocking_.mean.blocking, mean);
    worker.share(reduce.tasks(), reduce);
    worker.share(expand.tasks(), expand);
    worker.share(images * blocking_.scale.blocking, scaling);
  }

 private:
  // Bytes per image of the means or gates, and of the reduced ones.
  [[nodiscard]] std::int64_t channel_bytes() const noexcept { return reduce_.k() * kernels_.tensor_bytes(); }
  [[nodiscard]] std::int64_t hidden_bytes() const noexcept { return reduce_.n() * kernels_.tensor_bytes(); }

  void take_mean(const void* src, const kernels::Rows& means, std::int64_t task) const noexcept {
    const Shape& in = info.input;
    const std::int64_t image = task / blocking_.mean.blocking;
    const Range channels = line_part(in.c, blocking_.mean.blocking, task % blocking_.mean.blocking);
    const std::ptrdiff_t stride = info.byte_strides().src;
    const std::ptrdiff_t first = channels.begin * kernels_.tensor_bytes();
    kernels_.global_average_pool({{advance(src, image * in.h * in.w * stride + first), stride},
                                  advance(means.data, image * means.stride + first),
                                  in.h * in.w,
                                  channels.end - channels.begin,
                                  {}});
  }

  void scale(const RunArgs& args, const kernels::Rows& gates, std::int64_t task) const noexcept {
    const Shape& in = info.input;
    const std::int64_t image = task / blocking_.scale.blocking;
    const Range pixels = part(in.h * in.w, blocking_.scale.blocking, task % blocking_.scale.blocking);
    const std::int64_t first = image * in.h * in.w + pixels.begin;
    const ByteStrides strides = info.byte_strides();
    kernels_.scale_channels({rows_from(kernels::ConstRows{args.src, strides.src}, first),
                             advance(gates.data, image * gates.stride),
                             rows_from(kernels::Rows{args.dst, strides.dst}, first), pixels.end - pixels.begin, in.c});
  }

  const kernels::KernelTable& kernels_;
  const PackedGemm& reduce_;
  const PackedGemm& expand_;
  SqueezeExciteBlocking blocking_;
  std::size_t of_channels_offset_;
  std::size_t hidden_offset_;
};

class SqueezeExcite final : public OperatorImpl {
 public:
  SqueezeExcite(const kernels::KernelTable& kernels, const SqueezeExciteParams& p, const Weights& reduce,
                const Weights& expand)
      : OperatorImpl(kernels, {p.src_type.type, p.dst_type.type}),
        params_(p),
        reduce_(kernels, reduce, {p.reduced_channels, p.channels, 1, 1}, {p.activation}),
        expand_(kernels, expand, {p.channels, p.reduced_channels, 1, 1}, {p.gate}) {}

  const char* name() const noexcept override { return "squeeze_excite"; }
  std::size_t packed_bytes() const noexcept override { return reduce_.bytes() + expand_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    return input;
  }

  // The two products; the theory's formulas count neither the mean nor the gating.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override {
    return 2 * input.n * cost::pointwise(params_.channels, 1, 1, params_.reduced_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    std::vector<Candidate<SqueezeExciteBlocking>> ways;
    for (const std::int32_t workers : worker_counts(info.workers)) {
      const auto way = squeeze_excite_candidate(planning.machine, info.input, reduce_, expand_, workers);
      if (ways.empty() || way.workers > ways.back().workers) ways.push_back(way);
    }
    const std::size_t chosen = choose(ways, planning.candidate);
    const SqueezeExciteBlocking& b = ways[chosen].blocking;

    info.runs_in_place = true;

    PlanReport& report = info.report;
    report.kind = PlanKind::kSqueezeExcite;
    report.candidates = static_cast<std::int32_t>(ways.size());
    report.candidate = static_cast<std::int32_t>(chosen) + 1;
    report.partition = ways[chosen].workers == 1 ? Partition::kNone : Partition::kBoth;
    report.row_block = ceil_div(info.input.h * info.input.w, b.scale.blocking);
    report.channel_block = longest_line_part(params_.channels, b.mean.blocking);
    report_estimate(ways[chosen], info);
    auto plan = std::make_unique<SqueezeExcitePlan>(reduce_, expand_, b, info.input.n);
    plan->info = std::move(info);
    return plan;
  }

 private:
  SqueezeExciteParams params_;
  PackedGemm reduce_;
  PackedGemm expand_;
};

Status check_squeeze_excite(const SqueezeExciteParams& p, const Weights& reduce, const Weights& expand) noexcept {
  const Status sizes = first_error(
      {check_at_least_one("channels", p.channels), check_at_least_one("reduced_channels", p.reduced_channels),
       check_activation("reduce.", p.activation, p.reduced_channels), check_activation("gate.", p.gate, p.channels),
       check_tensor_types("", p.src_type, p.dst_type), check_weight_type("", p.src_type, p.weight_type)});
  if (!sizes.ok()) return sizes;
  return first_error(
      {check_weights("reduce.", reduce, {p.reduced_channels, p.channels, 1, 1}, p.weight_type, FilterKind::kRegular),
       check_weights("expand.", expand, {p.channels, p.reduced_channels, 1, 1}, p.weight_type, FilterKind::kRegular)});
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::squeeze_excite(const SqueezeExciteParams& params, const Weights& reduce,
                                          const Weights& expand, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_squeeze_excite(params, reduce, expand);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, {params.src_type.type, params.weight_type});
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const SqueezeExcite>(**kernels, params, reduce, expand));
  });
}

}  // namespace tandem::inline TANDEM_ABI
