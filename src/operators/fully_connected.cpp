// Fully connected: the images of a batch are the rows of one matrix product.
#include <utility>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/matrix_plan.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class FullyConnected final : public OperatorImpl {
 public:
  FullyConnected(const kernels::KernelTable& kernels, const FullyConnectedParams& params, const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        params_(params),
        weights_(pack_matrix(
            kernels, weights, params.out_features, params.in_features,
            {params.activation, params.residual_order, params.src_type, params.dst_type, params.rounding, true})) {}

  const char* name() const noexcept override { return "fully_connected"; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, input.c);
    if (!status.ok()) return status;
    const std::int64_t features = input.h * input.w * input.c;  // fits: the product of all sizes does
    if (features != params_.in_features) {
      return error(StatusCode::kInvalidArgument,
                   "the input's %lld x %lld x %lld are %lld features, but in_features is %d",
                   static_cast<long long>(input.h), static_cast<long long>(input.w), static_cast<long long>(input.c),
                   static_cast<long long>(features), params_.in_features);
    }
    return Shape{input.n, 1, 1, params_.out_features};
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::pointwise(params_.in_features, 1, 1, params_.out_features);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const MatrixRows rows{info.input.n, info.input.h * info.input.w};
    return make_matrix_plan(std::move(info), planning, weights_, rows);
  }

 private:
  FullyConnectedParams params_;
  PackedGemm weights_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::fully_connected(const FullyConnectedParams& params, const Weights& weights,
                                           const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_fully_connected("", params, weights);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const FullyConnected>(**kernels, params, weights));
  });
}

}  // namespace tandem::inline TANDEM_ABI
