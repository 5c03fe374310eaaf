// The depthwise-separable convolution: depthwise and pointwise in one pass, or in two with a squeeze-and-excite between
// them.
#include <memory>
#include <optional>
#include <utility>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/block_plan.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/packed_squeeze_excite.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/depthwise_weights.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class Separable final : public OperatorImpl {
 public:
  Separable(const kernels::KernelTable& depthwise_kernels, const kernels::KernelTable& kernels,
            const SeparableParams& params, const Weights& depthwise, std::optional<PackedSqueezeExcite> squeeze_excite,
            const Weights& pointwise)
      : OperatorImpl(kernels, {params.depthwise.src_type.type, params.pointwise.dst_type.type}),
        params_(params),
        depthwise_(depthwise_kernels, params.depthwise, depthwise,
                   {out_channels(params.depthwise), 1, params.depthwise.kernel_h, params.depthwise.kernel_w},
                   stage_end(params.depthwise)),
        squeeze_excite_(std::move(squeeze_excite)),
        pointwise_(pack_matrix(kernels, pointwise, params.pointwise.out_channels, params.pointwise.in_channels,
                               stage_end(params.pointwise))) {}

  const char* name() const noexcept override { return "separable"; }
  std::size_t packed_bytes() const noexcept override {
    return depthwise_.bytes() + bytes_of(squeeze_excite_) + pointwise_.bytes();
  }
  bool takes_residual() const noexcept override { return params_.pointwise.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    Result<Shape> output =
        windowed_shape(input, params_.depthwise.channels, window_of(params_.depthwise), params_.pointwise.out_channels);
    if (!output.ok()) return output;
    const Status squeezed = check_squeezed(address_of(squeeze_excite_), output->h, output->w);
    return squeezed.ok() ? output : Result<Shape>(squeezed);
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    const DepthwiseParams& d = params_.depthwise;
    return output.n * (cost::separable(d.kernel_h, d.kernel_w, out_channels(d), output.h, output.w, output.c) +
                       squeeze_excite_op_count(params_.squeeze_excite));
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const DepthwiseParams& d = params_.depthwise;
    const DepthwiseGeometry geometry(depthwise_.kernels(), d, {1, d.multiplier}, info.input.h, info.input.w,
                                     {info.strides.src, false, false, planning.machine.caches.l1});
    return make_block_plan(std::move(info), planning,
                           {nullptr, depthwise_.over(geometry), &pointwise_, false, address_of(squeeze_excite_)});
  }

 private:
  SeparableParams params_;
  DepthwiseWeights depthwise_;
  std::optional<PackedSqueezeExcite> squeeze_excite_;
  PackedGemm pointwise_;
};

// squeeze_excite: null if the call gave none.
Result<std::shared_ptr<const OperatorImpl>> make_separable(const SeparableParams& params, const Weights& depthwise,
                                                           const SqueezeExciteWeights* squeeze_excite,
                                                           const Weights& pointwise, const char* isa) {
  const StoredTensor stored = before_last_stage(params.squeeze_excite, params.depthwise.dst_type);
  const Status status = first_error(
      {check_depthwise("depthwise.", params.depthwise, depthwise),
       check_pointwise("pointwise.", params.pointwise, pointwise),
       check_stored_type("depthwise.", params.depthwise.src_type, params.depthwise.dst_type),
       check_inner_stage("depthwise.", params.depthwise.residual), check_unit_stride("pointwise.", params.pointwise),
       check_same_channels("depthwise.channels * multiplier", out_channels(params.depthwise), "pointwise.in_channels",
                           params.pointwise.in_channels),
       check_inner_squeeze_excite(params.squeeze_excite, squeeze_excite, params.depthwise.dst_type,
                                  "pointwise.in_channels", params.pointwise),
       check_same_type(stored.name, stored.type, "pointwise.src_type", params.pointwise.src_type)});
  if (!status.ok()) return status;
  const auto depthwise_kernels = select_kernels(isa, types_of(params.depthwise));
  if (!depthwise_kernels.ok()) return depthwise_kernels.status();
  const auto kernels = select_kernels(isa, types_of(params.pointwise));
  if (!kernels.ok()) return kernels.status();
  auto packed = pack_inner_squeeze_excite(params.squeeze_excite, squeeze_excite, isa);
  if (!packed.ok()) return packed.status();
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const Separable>(
      **depthwise_kernels, **kernels, params, depthwise, *std::move(packed), pointwise));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::separable(const SeparableParams& params, const Weights& depthwise, const Weights& pointwise,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    auto impl = make_separable(params, depthwise, nullptr, pointwise, options.isa);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

Result<Operator> Operator::separable(const SeparableParams& params, const Weights& depthwise,
                                     const SqueezeExciteWeights& squeeze_excite, const Weights& pointwise,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    auto impl = make_separable(params, depthwise, &squeeze_excite, pointwise, options.isa);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

}  // namespace tandem::inline TANDEM_ABI
