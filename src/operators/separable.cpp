// The depthwise-separable convolution: depthwise and pointwise in one pass.
#include <utility>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/block_plan.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/validate.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class Separable final : public OperatorImpl {
 public:
  Separable(const kernels::KernelTable& kernels, const SeparableParams& params, const Filter& depthwise_filter,
            FloatSpan depthwise_bias, const Filter& pointwise_filter, FloatSpan pointwise_bias)
      : OperatorImpl(kernels),
        params_(params),
        depthwise_(kernels, depthwise_filter,
                   {out_channels(params.depthwise), 1, params.depthwise.kernel_h, params.depthwise.kernel_w},
                   {depthwise_bias, params.depthwise.activation}),
        pointwise_(kernels, pointwise_filter, {params.pointwise.out_channels, params.pointwise.in_channels, 1, 1},
                   {pointwise_bias, params.pointwise.activation, params.pointwise.residual_order}) {}

  const char* name() const noexcept override { return "separable"; }
  std::size_t packed_bytes() const noexcept override { return depthwise_.bytes() + pointwise_.bytes(); }
  bool takes_residual() const noexcept override { return params_.pointwise.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.depthwise.channels);
    if (!status.ok()) return status;
    const Result<WindowedSize> size = resolve_window(window_of(params_.depthwise), input.h, input.w);
    if (!size.ok()) return size.status();
    return Shape{input.n, size->out_h, size->out_w, params_.pointwise.out_channels};
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    const DepthwiseParams& d = params_.depthwise;
    return output.n * cost::separable(d.kernel_h, d.kernel_w, out_channels(d), output.h, output.w, output.c);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const DepthwiseParams& d = params_.depthwise;
    const WindowedSize size = *resolve_window(window_of(d), info.input.h, info.input.w);
    const DepthwiseStage stage(kernels(), depthwise_, d, {1, d.multiplier}, info.input.h, info.input.w, size);
    const BlockStages stages{nullptr, stage, &pointwise_, false, stage.copies(info.strides.src)};
    return make_block_plan(std::move(info), planning, stages);
  }

 private:
  SeparableParams params_;
  PackedDepthwise depthwise_;
  PackedGemm pointwise_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::separable(const SeparableParams& params, const Filter& depthwise_filter,
                                     FloatSpan depthwise_bias, const Filter& pointwise_filter, FloatSpan pointwise_bias,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = first_error(
        {check_depthwise("depthwise.", params.depthwise, depthwise_filter, depthwise_bias),
         check_pointwise("pointwise.", params.pointwise, pointwise_filter, pointwise_bias),
         check_inner_stage("depthwise.", params.depthwise.residual), check_unit_stride("pointwise.", params.pointwise),
         check_same_channels("depthwise.channels * multiplier", out_channels(params.depthwise), "pointwise.in_channels",
                             params.pointwise.in_channels)});
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa);
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Separable>(**kernels, params, depthwise_filter, depthwise_bias,
                                                      pointwise_filter, pointwise_bias));
  });
}

}  // namespace tandem::inline TANDEM_ABI
