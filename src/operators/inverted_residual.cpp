// The inverted residual: expand, depthwise, project and the block's own input added, in one pass.
#include <utility>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/block_plan.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/validate.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

// What a block that adds its input to its output needs of its parameters; the sizes are checked by plan().
Status check_adds_input(const InvertedResidualParams& p) noexcept {
  if (!p.residual) return {};
  if (p.depthwise.stride_h != 1 || p.depthwise.stride_w != 1) {
    return error(StatusCode::kInvalidArgument,
                 "residual needs depthwise.stride_h and depthwise.stride_w of 1, but they are %d and %d",
                 p.depthwise.stride_h, p.depthwise.stride_w);
  }
  return check_same_channels("expand.in_channels of a block with residual", p.expand.in_channels,
                             "project.out_channels", p.project.out_channels);
}

class InvertedResidual final : public OperatorImpl {
 public:
  InvertedResidual(const kernels::KernelTable& kernels, const InvertedResidualParams& params,
                   const Filter& expand_filter, FloatSpan expand_bias, const Filter& depthwise_filter,
                   FloatSpan depthwise_bias, const Filter& project_filter, FloatSpan project_bias)
      : OperatorImpl(kernels),
        params_(params),
        expand_(kernels, expand_filter, {params.expand.out_channels, params.expand.in_channels, 1, 1},
                {expand_bias, params.expand.activation}),
        depthwise_(kernels, depthwise_filter,
                   {out_channels(params.depthwise), 1, params.depthwise.kernel_h, params.depthwise.kernel_w},
                   {depthwise_bias, params.depthwise.activation}),
        project_(kernels, project_filter, {params.project.out_channels, params.project.in_channels, 1, 1},
                 {project_bias, params.project.activation, params.project.residual_order}) {}

  const char* name() const noexcept override { return "inverted_residual"; }
  std::size_t packed_bytes() const noexcept override { return expand_.bytes() + depthwise_.bytes() + project_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.expand.in_channels);
    if (!status.ok()) return status;
    if (!checked_product({input.n, input.h, input.w, params_.expand.out_channels}, kMaxElements)) {
      return error(StatusCode::kOutOfRange,
                   "the expanded %lld x %lld x %lld x %d elements are more than can be addressed",
                   static_cast<long long>(input.n), static_cast<long long>(input.h), static_cast<long long>(input.w),
                   params_.expand.out_channels);
    }
    const Result<WindowedSize> size = resolve_window(window_of(params_.depthwise), input.h, input.w);
    if (!size.ok()) return size.status();
    if (params_.residual && (size->out_h != input.h || size->out_w != input.w)) {
      return error(StatusCode::kInvalidArgument,
                   "residual needs an output of the input's %lld x %lld, but the padding makes it %lld x %lld",
                   static_cast<long long>(input.h), static_cast<long long>(input.w),
                   static_cast<long long>(size->out_h), static_cast<long long>(size->out_w));
    }
    return Shape{input.n, size->out_h, size->out_w, params_.project.out_channels};
  }

  std::int64_t op_count(const Shape& input, const Shape& output) const noexcept override {
    const DepthwiseParams& d = params_.depthwise;
    return output.n * (cost::pointwise(input.c, input.h, input.w, d.channels) +
                       cost::separable(d.kernel_h, d.kernel_w, out_channels(d), output.h, output.w, output.c));
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const DepthwiseParams& d = params_.depthwise;
    const WindowedSize size = *resolve_window(window_of(d), info.input.h, info.input.w);
    const DepthwiseStage stage(kernels(), depthwise_, d, {1, d.multiplier}, info.input.h, info.input.w, size);
    return make_block_plan(std::move(info), planning,
                           {&expand_, stage, &project_, params_.residual, stage.copies(padded_pitch(d.channels))});
  }

 private:
  InvertedResidualParams params_;
  PackedGemm expand_;
  PackedDepthwise depthwise_;
  PackedGemm project_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::inverted_residual(const InvertedResidualParams& params, const Filter& expand_filter,
                                             FloatSpan expand_bias, const Filter& depthwise_filter,
                                             FloatSpan depthwise_bias, const Filter& project_filter,
                                             FloatSpan project_bias, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status =
        first_error({check_pointwise("expand.", params.expand, expand_filter, expand_bias),
                     check_depthwise("depthwise.", params.depthwise, depthwise_filter, depthwise_bias),
                     check_pointwise("project.", params.project, project_filter, project_bias),
                     check_inner_stage("expand.", params.expand.residual),
                     check_inner_stage("depthwise.", params.depthwise.residual),
                     check_inner_stage("project.", params.project.residual),
                     check_same_channels("expand.out_channels", params.expand.out_channels, "depthwise.channels",
                                         params.depthwise.channels),
                     check_unit_stride("expand.", params.expand), check_unit_stride("project.", params.project),
                     check_same_channels("depthwise.channels * multiplier", out_channels(params.depthwise),
                                         "project.in_channels", params.project.in_channels),
                     check_adds_input(params)});
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa);
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const InvertedResidual>(
        **kernels, params, expand_filter, expand_bias, depthwise_filter, depthwise_bias, project_filter, project_bias));
  });
}

}  // namespace tandem::inline TANDEM_ABI
