// Pointwise convolution: the pixels of all images are the rows of one matrix product.
#include <utility>

#include "src/error.hpp"
#include "src/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/matrix_plan.hpp"
#include "src/validate.hpp"
#include "tandem/cost.hpp"
#include "tandem/operator.hpp"

namespace tandem {
namespace internal {
namespace {

class Pointwise final : public OperatorImpl {
 public:
  Pointwise(const kernels::KernelTable& kernels, const PointwiseParams& params, const Filter& filter, FloatSpan bias)
      : OperatorImpl(kernels),
        params_(params),
        weights_(kernels, filter, {params.out_channels, params.in_channels, 1, 1}, bias) {}

  const char* name() const noexcept override { return "pointwise"; }
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
    return make_matrix_plan(std::move(info), planning, weights_, rows, params_.activation);
  }

 private:
  PointwiseParams params_;
  PackedGemm weights_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::pointwise(const PointwiseParams& params, const Filter& filter, FloatSpan bias,
                                     const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_pointwise("", params, filter, bias);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa);
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Pointwise>(**kernels, params, filter, bias));
  });
}

}  // namespace tandem
