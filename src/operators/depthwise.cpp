// Depthwise convolution on the caller's tensors.
#include <utility>
#include <vector>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/depthwise.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/stages/depthwise_weights.hpp"
#include "src/stages/stage_tasks.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class DepthwisePlan final : public PlanImpl {
 public:
  DepthwisePlan(const DepthwiseStage& stage, const DepthwiseBlocking& blocking) : stage_(stage), blocking_(blocking) {
    const DepthwiseGeometry& g = stage.geometry();
    pieces.add_own(g.scratch_bytes(blocking.channel_block));
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    const DepthwiseTasks body{stage_,
                              blocking_,
                              info.input.n,
                              {args.src, strides.src},
                              {args.residual, strides.residual},
                              {args.dst, strides.dst},
                              workspace(args)};
    worker.share(body.tasks(), body);
  }

 private:
  DepthwiseStage stage_;
  DepthwiseBlocking blocking_;
};

class Depthwise final : public OperatorImpl {
 public:
  Depthwise(const kernels::KernelTable& kernels, const char* name, const DepthwiseParams& params,
            const ChannelGroups& groups, const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        name_(name),
        params_(params),
        groups_(groups),
        out_channels_(groups.out_channels(params.channels)),
        weights_(kernels, params, weights, {out_channels_, groups.inputs, params.kernel_h, params.kernel_w},
                 stage_end(params)) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    return windowed_shape(input, params_.channels, window_of(params_), out_channels_);
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * groups_.inputs *
           cost::depthwise(params_.kernel_h, params_.kernel_w, output.c, output.h, output.w);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const Machine& machine = planning.machine;
    const PixelStrides& strides = info.strides;
    const bool dense = strides.src == info.input.c && strides.dst == info.output.c && strides.residual == info.output.c;
    const DepthwiseGeometry geometry(kernels(), params_, groups_, info.input.h, info.input.w,
                                     {strides.src, dense, params_.residual, machine.caches.l1});
    const auto bytes = [&](const Shape& shape) { return static_cast<double>(shape.elements()) * machine.tensor_bytes; };
    const std::vector<Candidate<DepthwiseBlocking>> ways = depthwise_candidates(
        machine, geometry,
        {0.0, 0.0, written_tensor(bytes(info.input)), written_tensor(bytes(info.output)), geometry.copies()},
        info.input.n, info.workers);
    const std::size_t chosen = choose(ways, planning.candidate);
    const DepthwiseBlocking& b = ways[chosen].blocking;

    PlanReport& report = info.report;
    report.kind = PlanKind::kDepthwise;
    report_choice(ways, chosen, info);
    report.partition = partition_of(info.input.n * b.row_chunks, b.channel_blocks, ways[chosen].workers);
    report.row_block = b.row_chunk;
    report.channel_block = b.channel_block;
    report.kernel = geometry.kernel_name(b.row_chunk, b.row_chunk);
    report.walk = geometry.walk();
    report_epilogue(weights_.epilogue(), info);
    auto plan = std::make_unique<DepthwisePlan>(weights_.over(geometry), b);
    plan->info = std::move(info);
    return plan;
  }

 private:
  const char* name_;
  DepthwiseParams params_;
  ChannelGroups groups_;
  std::int64_t out_channels_;
  DepthwiseWeights weights_;
};

}  // namespace

std::shared_ptr<const OperatorImpl> make_depthwise(const kernels::KernelTable& kernels, const char* name,
                                                   const DepthwiseParams& params, const Weights& weights) {
  return std::make_shared<const Depthwise>(kernels, name, params, ChannelGroups{1, params.multiplier}, weights);
}

std::shared_ptr<const OperatorImpl> make_spread_groups(const kernels::KernelTable& kernels, const Conv2dParams& p,
                                                       const Weights& weights) {
  DepthwiseParams d;
  d.channels = p.in_channels;
  d.kernel_h = p.kernel_h;
  d.kernel_w = p.kernel_w;
  d.dilation_h = p.dilation_h;
  d.dilation_w = p.dilation_w;
  d.padding = p.padding;
  copy_common(p, d);
  const ChannelGroups groups{p.in_channels / p.groups, p.out_channels / p.groups};
  return std::make_shared<const Depthwise>(kernels, "conv2d", d, groups, weights);
}

}  // namespace internal

Result<Operator> Operator::depthwise(const DepthwiseParams& params, const Weights& weights,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_depthwise("", params, weights);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params));
    if (!kernels.ok()) return kernels.status();
    return Operator(make_depthwise(**kernels, "depthwise", params, weights));
  });
}

}  // namespace tandem::inline TANDEM_ABI
