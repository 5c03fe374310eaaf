// The inverted residual: expand, depthwise, project and the block's own input added, in one pass, or in two with a
// squeeze-and-excite before the projection.
#include <memory>
#include <optional>
#include <utility>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/base/pitch.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/block_plan.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/elementwise.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/packed_squeeze_excite.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/depthwise_weights.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

// A quantised block with a residual stores what it projects as project.dst_type, and then adds its input to that.
bool adds_quantised(const InvertedResidualParams& p) noexcept {
  return p.residual && is_quantised(p.project.dst_type.type);
}

bool is_last(ResidualOrder order) noexcept { return order == ResidualOrder::kAfterActivation; }

// The end of the projection: without the activation if that belongs to the sum.
StageEnd projection_end(const InvertedResidualParams& p) noexcept {
  StageEnd end = stage_end(p.project);
  if (adds_quantised(p) && !is_last(p.project.residual_order)) end.activation = Activation::none();
  return end;
}

// The addition of a quantised block as an operator by itself.
ElementwiseParams addition_of(const InvertedResidualParams& p) noexcept {
  ElementwiseParams sum;
  sum.channels = p.project.out_channels;
  sum.operation = ElementwiseOperation::kAdd;
  if (!is_last(p.project.residual_order)) sum.activation = p.project.activation;
  sum.src_type = p.project.dst_type;
  sum.residual_type = p.project.residual_type;
  sum.dst_type = p.sum_type;
  sum.rounding = p.project.rounding;
  return sum;
}

Status check_addition(const InvertedResidualParams& p) noexcept {
  if (!adds_quantised(p)) return {};
  const ElementwiseParams sum = addition_of(p);
  const Status types = first_error({check_quantization("", "sum_type", p.sum_type),
                                    check_data_type("", "project.dst_type", sum.src_type, "sum_type", sum.dst_type)});
  if (!types.ok()) return types;
  return first_error(
      {check_operand_types(sum.src_type, sum.dst_type, p.project.activation), check_int8_elementwise(sum)});
}

// Checks the parameters of a block that adds its input to its output; plan() checks the sizes.
Status check_adds_input(const InvertedResidualParams& p) noexcept {
  if (!p.residual) return {};
  if (p.depthwise.stride_h != 1 || p.depthwise.stride_w != 1) {
    return error(StatusCode::kInvalidArgument,
                 "residual needs depthwise.stride_h and depthwise.stride_w of 1, but they are %d and %d",
                 p.depthwise.stride_h, p.depthwise.stride_w);
  }
  return first_error(
      {check_same_channels("expand.in_channels of a block with residual", p.expand.in_channels, "project.out_channels",
                           p.project.out_channels),
       check_same_type("project.residual_type", p.project.residual_type, "expand.src_type", p.expand.src_type),
       check_addition(p)});
}

class InvertedResidual final : public OperatorImpl {
 public:
  /// The kernel tables of the stages.
  struct StageKernels {
    const kernels::KernelTable& expand;
    const kernels::KernelTable& depthwise;
    const kernels::KernelTable& project;
  };

  InvertedResidual(const StageKernels& kernels, const InvertedResidualParams& params, const Weights& expand,
                   const Weights& depthwise, std::optional<PackedSqueezeExcite> squeeze_excite, const Weights& project)
      : OperatorImpl(kernels.project, {params.expand.src_type.type, params.project.dst_type.type}),
        params_(params),
        expand_(pack_matrix(kernels.expand, expand, params.expand.out_channels, params.expand.in_channels,
                            stage_end(params.expand))),
        depthwise_(kernels.depthwise, params.depthwise, depthwise,
                   {out_channels(params.depthwise), 1, params.depthwise.kernel_h, params.depthwise.kernel_w},
                   stage_end(params.depthwise)),
        squeeze_excite_(std::move(squeeze_excite)),
        project_(pack_matrix(kernels.project, project, params.project.out_channels, params.project.in_channels,
                             projection_end(params))) {
    if (adds_quantised(params)) addition_ = quantised_operation_end(addition_of(params));
  }

  const char* name() const noexcept override { return "inverted_residual"; }
  std::size_t packed_bytes() const noexcept override {
    return expand_.bytes() + depthwise_.bytes() + bytes_of(squeeze_excite_) + project_.bytes();
  }
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
    const Status squeezed = check_squeezed(address_of(squeeze_excite_), size->out_h, size->out_w);
    if (!squeezed.ok()) return squeezed;
    return Shape{input.n, size->out_h, size->out_w, params_.project.out_channels};
  }

  std::int64_t op_count(const Shape& input, const Shape& output) const noexcept override {
    const DepthwiseParams& d = params_.depthwise;
    return output.n * (cost::pointwise(input.c, input.h, input.w, d.channels) +
                       cost::separable(d.kernel_h, d.kernel_w, out_channels(d), output.h, output.w, output.c) +
                       squeeze_excite_op_count(params_.squeeze_excite));
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const DepthwiseParams& d = params_.depthwise;
    // Between the stages pixels lie at a pitch that does not alias.
    const std::int64_t pitch = padded_pitch(d.channels, depthwise_.kernels().tensor_bytes());
    const DepthwiseGeometry geometry(depthwise_.kernels(), d, {1, d.multiplier}, info.input.h, info.input.w,
                                     {pitch, false, false, planning.machine.caches.l1});
    return make_block_plan(std::move(info), planning,
                           {&expand_, depthwise_.over(geometry), &project_, params_.residual,
                            address_of(squeeze_excite_), addition_ ? &*addition_ : nullptr});
  }

 private:
  InvertedResidualParams params_;
  PackedGemm expand_;
  DepthwiseWeights depthwise_;
  std::optional<PackedSqueezeExcite> squeeze_excite_;
  PackedGemm project_;
  std::optional<kernels::Epilogue> addition_;  // of a quantised residual
};

/// squeeze_excite: null if the call gave none.
struct BlockWeights {
  const Weights& expand;
  const Weights& depthwise;
  const SqueezeExciteWeights* squeeze_excite;
  const Weights& project;
};

Result<std::shared_ptr<const OperatorImpl>> make_inverted_residual(const InvertedResidualParams& params,
                                                                   const BlockWeights& w, const char* isa) {
  const StoredTensor stored = before_last_stage(params.squeeze_excite, params.depthwise.dst_type);
  const Status status = first_error(
      {check_pointwise("expand.", params.expand, w.expand),
       check_depthwise("depthwise.", params.depthwise, w.depthwise),
       check_pointwise("project.", params.project, w.project), check_inner_stage("expand.", params.expand.residual),
       check_inner_stage("depthwise.", params.depthwise.residual),
       check_inner_stage("project.", params.project.residual),
       check_same_channels("expand.out_channels", params.expand.out_channels, "depthwise.channels",
                           params.depthwise.channels),
       check_unit_stride("expand.", params.expand), check_unit_stride("project.", params.project),
       check_stored_type("expand.", params.expand.src_type, params.expand.dst_type),
       check_stored_type("depthwise.", params.depthwise.src_type, params.depthwise.dst_type),
       check_same_channels("depthwise.channels * multiplier", out_channels(params.depthwise), "project.in_channels",
                           params.project.in_channels),
       check_same_type("expand.dst_type", params.expand.dst_type, "depthwise.src_type", params.depthwise.src_type),
       check_inner_squeeze_excite(params.squeeze_excite, w.squeeze_excite, params.depthwise.dst_type,
                                  "project.in_channels", params.project),
       check_same_type(stored.name, stored.type, "project.src_type", params.project.src_type),
       check_adds_input(params)});
  if (!status.ok()) return status;
  const auto of_expand = select_kernels(isa, types_of(params.expand));
  if (!of_expand.ok()) return of_expand.status();
  const auto of_depthwise = select_kernels(isa, types_of(params.depthwise));
  if (!of_depthwise.ok()) return of_depthwise.status();
  const auto of_project = select_kernels(isa, types_of(params.project));
  if (!of_project.ok()) return of_project.status();
  auto packed = pack_inner_squeeze_excite(params.squeeze_excite, w.squeeze_excite, isa);
  if (!packed.ok()) return packed.status();
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const InvertedResidual>(
      InvertedResidual::StageKernels{**of_expand, **of_depthwise, **of_project}, params, w.expand, w.depthwise,
      *std::move(packed), w.project));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::inverted_residual(const InvertedResidualParams& params, const Weights& expand,
                                             const Weights& depthwise, const Weights& project,
                                             const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    auto impl = make_inverted_residual(params, {expand, depthwise, nullptr, project}, options.isa);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

Result<Operator> Operator::inverted_residual(const InvertedResidualParams& params, const Weights& expand,
                                             const Weights& depthwise, const SqueezeExciteWeights& squeeze_excite,
                                             const Weights& project, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    auto impl = make_inverted_residual(params, {expand, depthwise, &squeeze_excite, project}, options.isa);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

}  // namespace tandem::inline TANDEM_ABI
