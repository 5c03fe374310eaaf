// Softmax over the channels: blocks of pixels.
#include <cmath>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/stream_plan.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class Softmax final : public OperatorImpl {
 public:
  Softmax(const kernels::KernelTable& kernels, const SoftmaxParams& params)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}), params_(params) {}

  const char* name() const noexcept override { return "softmax"; }
  std::size_t packed_bytes() const noexcept override { return 0; }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override { return same_shape(input, params_.channels); }

  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    constexpr double kCycles = 16.0;  // some 40 instructions a vector in three passes
    info.runs_in_place = true;
    return make_stream_plan({PlanKind::kSoftmax, 0, kCycles}, planning, std::move(info),
                            [this](const RunArgs& args, const PlanInfo& plan, const Range& pixels) {
                              const ByteStrides strides = plan.byte_strides();
                              kernels().softmax({rows_from(kernels::ConstRows{args.src, strides.src}, pixels.begin),
                                                 rows_from(kernels::Rows{args.dst, strides.dst}, pixels.begin),
                                                 pixels.end - pixels.begin, params_.channels, params_.beta});
                            });
  }

 private:
  SoftmaxParams params_;
};

Status check_beta(float beta) noexcept {
  if (std::isfinite(beta) && beta > 0.0F) return {};
  return error(StatusCode::kInvalidArgument, "beta must be finite and greater than 0, but is %g",
               static_cast<double>(beta));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::softmax(const SoftmaxParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = first_error({check_at_least_one("channels", params.channels), check_beta(params.beta),
                                       check_tensor_types("", params.src_type, params.dst_type)});
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params.src_type.type));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Softmax>(**kernels, params));
  });
}

}  // namespace tandem::inline TANDEM_ABI
