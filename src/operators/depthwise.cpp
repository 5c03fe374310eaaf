// Depthwise convolution on the caller's tensors.
#include <algorithm>
#include <utility>

#include "src/depthwise_stage.hpp"
#include "src/error.hpp"
#include "src/gemm.hpp"
#include "src/isa.hpp"
#include "src/operator_impl.hpp"
#include "src/operators/checks.hpp"
#include "tandem/cost.hpp"

namespace tandem {
namespace internal {
namespace {

class DepthwisePlan final : public PlanImpl {
 public:
  DepthwisePlan(const DepthwiseStage& stage, DepthwiseBlocking blocking, std::int64_t scratch_floats)
      : stage_(stage), blocking_(blocking), scratch_floats_(scratch_floats) {}

  void run(const RunArgs& args) const noexcept override {
    const std::int64_t tasks = info.input.n * blocking_.tasks();
    for_each_task(info.executor, info.workers, tasks, [&](std::int64_t task, std::int32_t worker) {
      const std::int64_t image = task / blocking_.tasks();
      const std::int64_t chunk = task % blocking_.tasks() / blocking_.channel_blocks;
      const std::int64_t block = task % blocking_.channel_blocks;
      const Range rows{chunk * blocking_.row_chunk, std::min((chunk + 1) * blocking_.row_chunk, stage_.out_h())};
      const Range channels{block * blocking_.channel_block,
                           std::min((block + 1) * blocking_.channel_block, stage_.channels())};
      const std::int64_t c = stage_.channels();
      const std::int64_t in_row = stage_.in_w() * c;
      const std::int64_t out_row = stage_.out_w() * c;
      const std::int64_t out_image = image * stage_.out_h() * out_row;
      const float* residual = args.residual == nullptr ? nullptr : args.residual + out_image;
      stage_.run(rows, channels, {args.src + image * stage_.in_h() * in_row, c, in_row, stage_.in_h()},
                 {args.dst + out_image, residual, c, out_row, 0},
                 scratch_floats_ == 0 ? nullptr : WorkspaceLayout::at(args.workspace, 0, scratch_floats_, worker));
    });
  }

 private:
  DepthwiseStage stage_;
  DepthwiseBlocking blocking_;
  std::int64_t scratch_floats_;  // of each worker, at the start of the workspace
};

class Depthwise final : public OperatorImpl {
 public:
  Depthwise(const kernels::KernelTable& kernels, const DepthwiseParams& params, const Filter& filter, FloatSpan bias)
      : OperatorImpl(kernels),
        params_(params),
        weights_(kernels, filter, {params.channels, 1, params.kernel_h, params.kernel_w}, bias) {}

  const char* name() const noexcept override { return "depthwise"; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    const Result<WindowedSize> size = resolve_window(window_of(params_), input.h, input.w);
    if (!size.ok()) return size.status();
    return Shape{input.n, size->out_h, size->out_w, params_.channels};
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::depthwise(params_.kernel_h, params_.kernel_w, output.c, output.h, output.w);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const CacheSizes& caches) const override {
    const WindowedSize size = *resolve_window(window_of(params_), info.input.h, info.input.w);
    const DepthwiseStage stage(kernels(), weights_, params_, info.input.h, info.input.w, size);
    // A depthwise multiply-add moves more bytes than one of a matrix product and costs about four times as much.
    const std::int32_t workers = worth_workers(std::min(info.op_count, std::int64_t{1} << 60) * 4, info.workers);
    const DepthwiseBlocking blocking =
        block_depthwise(info.input.w, size.out_h, params_.channels, params_.kernel_h, workers, caches);
    info.workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, info.input.n * blocking.tasks()));
    info.explanation = formatted(
        "depthwise %d x %d, %s%s, %lld row chunks of %lld, %lld blocks of %lld channels, %d workers", params_.kernel_h,
        params_.kernel_w, kernels().name,
        pitch_aliases(params_.channels) ? " on a copy, the pixel stride aliases in L1" : "",
        static_cast<long long>(blocking.row_chunks), static_cast<long long>(blocking.row_chunk),
        static_cast<long long>(blocking.channel_blocks), static_cast<long long>(blocking.channel_block), info.workers);
    const std::int64_t scratch = pitch_aliases(params_.channels) ? stage.scratch_floats(blocking.channel_block) : 0;
    WorkspaceLayout layout;
    layout.add_floats(scratch, info.workers);
    info.workspace_bytes = layout.bytes();
    auto plan = std::make_unique<DepthwisePlan>(stage, blocking, scratch);
    plan->info = std::move(info);
    return plan;
  }

 private:
  DepthwiseParams params_;
  PackedDepthwise weights_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::depthwise(const DepthwiseParams& params, const Filter& filter, FloatSpan bias,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_depthwise("", params, filter, bias);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa);
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Depthwise>(**kernels, params, filter, bias));
  });
}

}  // namespace tandem
