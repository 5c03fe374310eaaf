// Pointwise convolution: the pixels of all images are the rows of one matrix product. With a stride they are not, and
// it runs as a regular convolution of 1x1.
#include <utility>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/conv2d.hpp"
#include "src/operators/matrix_plan.hpp"
#include "src/operators/pointwise.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "tandem/cost.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class Pointwise final : public OperatorImpl {
 public:
  Pointwise(const kernels::KernelTable& kernels, const char* name, const PointwiseParams& params,
            const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        name_(name),
        params_(params),
        weights_(pack_matrix(kernels, weights, params.out_channels, params.in_channels, stage_end(params))) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.in_channels);
    if (!status.ok()) return status;
    return Shape{input.n, input.h, input.w, params_.out_channels};
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::pointwise(params_.in_channels, output.h, output.w, params_.out_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const std::int64_t rows = info.input.n * info.input.h * info.input.w;
    return make_matrix_plan(std::move(info), planning, weights_, {rows});
  }

 private:
  const char* name_;
  PointwiseParams params_;
  PackedGemm weights_;
};

// The parameters of a 1x1 convolution as those of the other kind.
template <class To, class From>
To as(const From& p) noexcept {
  To to;
  to.in_channels = p.in_channels;
  to.out_channels = p.out_channels;
  copy_common(p, to);
  return to;
}

}  // namespace

std::shared_ptr<const OperatorImpl> make_pointwise(const kernels::KernelTable& kernels, const Conv2dParams& params,
                                                   const Weights& weights) {
  return std::make_shared<const Pointwise>(kernels, "conv2d", as<PointwiseParams>(params), weights);
}

}  // namespace internal

Result<Operator> Operator::pointwise(const PointwiseParams& params, const Weights& weights,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_pointwise("", params, weights);
    if (!status.ok()) return status;
    if (params.stride_h != 1 || params.stride_w != 1) {
      auto impl = make_conv2d("pointwise", as<Conv2dParams>(params), weights, options);
      if (!impl.ok()) return impl.status();
      return Operator(*std::move(impl));
    }
    const auto kernels = select_kernels(options.isa, types_of(params));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Pointwise>(**kernels, "pointwise", params, weights));
  });
}

}  // namespace tandem::inline TANDEM_ABI
