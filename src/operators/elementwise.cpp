// Element-wise operators and the activation by itself: blocks of pixels, cut where the second operand starts anew.
#include <algorithm>
#include <utility>

#include "src/base/aligned_buffer.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/elementwise.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/stream_plan.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/broadcast_walk.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

static_assert(static_cast<int>(kernels::Operation::kMinimum) == static_cast<int>(ElementwiseOperation::kMinimum));

bool rounds_as_tflite(const ElementwiseParams& p) noexcept {
  return p.rounding != Rounding::kNearestEven && p.operation != ElementwiseOperation::kMaximum &&
         p.operation != ElementwiseOperation::kMinimum;
}

// As ADD, SUB and MUL of TFLite compute them, see ElementwiseParams.
void set_fixed_multipliers(const ElementwiseParams& p, kernels::Requantisation& q) noexcept {
  const float a = p.src_type.quantization.scale;
  const float b = p.residual_type.quantization.scale;
  const float dst = p.dst_type.quantization.scale;
  q.fixed_operands = true;
  if (p.operation == ElementwiseOperation::kMultiply) {
    q.dst_fixed = fixed_point(static_cast<double>(a * b / dst));
    return;
  }
  const double most = 2.0 * static_cast<double>(std::max(a, b));
  q.a_fixed = fixed_point(static_cast<double>(a) / most);
  q.b_fixed = fixed_point(static_cast<double>(b) / most);
  q.dst_fixed = fixed_point(most / (0x1p20 * static_cast<double>(dst)));
}

PackedEpilogue end_of(const kernels::KernelTable& kernels, const ElementwiseParams& p) {
  if (kernels.int8()) return PackedEpilogue(quantised_operation_end(p));
  return {kernels, p.activation, ResidualOrder::kBeforeActivation, {0, p.channels}};
}

// What an element-wise operator has in common with an activation by itself.
ElementwiseParams without_operation(const ActivationParams& p) noexcept {
  ElementwiseParams e;
  e.channels = p.channels;
  e.activation = p.activation;
  set_types(e, p.src_type, p.src_type.type);
  return e;
}

class Elementwise final : public OperatorImpl {
 public:
  Elementwise(const kernels::KernelTable& kernels, const ElementwiseParams& p)
      : Elementwise(kernels, "elementwise", static_cast<kernels::Operation>(p.operation), p) {
    if (p.constants.size == 0) return;
    constants_ = AlignedBuffer(static_cast<std::int64_t>(p.constants.size * sizeof(float)));
    std::copy_n(p.constants.data, p.constants.size, reinterpret_cast<float*>(constants_.data()));
    // A row of all channels, or one element for all of them.
    single_ = p.constants.size == 1;
    broadcast_ = {true, true, true, single_};
  }
  Elementwise(const kernels::KernelTable& kernels, const ActivationParams& p)
      : Elementwise(kernels, "activation", kernels::Operation::kNone, without_operation(p)) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override { return epilogue_.bytes() + constants_.bytes(); }
  bool takes_residual() const noexcept override {
    return operation_ != kernels::Operation::kNone && constants_.bytes() == 0;
  }
  Shape residual_shape(const Shape& output) const noexcept override { return broadcast_from(output, broadcast_); }

  Result<Shape> output_shape(const Shape& input) const noexcept override { return same_shape(input, channels_); }

  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const bool clamps = epilogue_.at(0).function == kernels::Function::kClamp;
    constexpr double kActivationCycles = 10.0;  // some 30 instructions a vector
    info.runs_in_place = true;
    report_epilogue(epilogue_.at(0), info);
    const StreamKind stream{PlanKind::kElementwise, takes_residual() ? info.residual.elements() : 0,
                            clamps ? 0.0 : kActivationCycles};
    const auto body = [this, walk = BroadcastWalk(info.input, broadcast_)](const RunArgs& args, const PlanInfo& plan,
                                                                           const Range& pixels) {
      walk.walk(pixels,
                [&](const Range& run, std::int64_t second) { run_kernel(args, plan, run, second, walk.step()); });
    };
    return make_stream_plan(stream, planning, std::move(info), body);
  }

 private:
  Elementwise(const kernels::KernelTable& kernels, const char* name, kernels::Operation operation,
              const ElementwiseParams& p)
      : OperatorImpl(kernels, {p.src_type.type, p.dst_type.type}),
        name_(name),
        operation_(operation),
        channels_(p.channels),
        broadcast_(p.broadcast),
        single_(p.broadcast.c && p.channels > 1),
        epilogue_(end_of(kernels, p)) {}

  // second: the pixel of b that belongs to the first one, and `step` pixels of b to the next.
  void run_kernel(const RunArgs& args, const PlanInfo& plan, const Range& pixels, std::int64_t second,
                  std::int64_t step) const noexcept {
    const ByteStrides strides = plan.byte_strides();
    const bool constant = constants_.bytes() > 0;
    const kernels::ConstRows residual{advance(args.residual, second * strides.residual), step * strides.residual};
    kernels().elementwise({operation_, rows_from(kernels::ConstRows{args.src, strides.src}, pixels.begin),
                           constant ? kernels::ConstRows{constants_.data(), 0} : residual, single_, constant,
                           rows_from(kernels::Rows{args.dst, strides.dst}, pixels.begin), pixels.end - pixels.begin,
                           channels_, epilogue_.at(0)});
  }

  const char* name_;
  kernels::Operation operation_;
  std::int64_t channels_;
  Broadcast broadcast_;  // of b
  bool single_;          // one element of b for all channels
  PackedEpilogue epilogue_;
  AlignedBuffer constants_;
};

Status check_operation(ElementwiseOperation operation) noexcept {
  switch (operation) {
    case ElementwiseOperation::kAdd:
    case ElementwiseOperation::kSubtract:
    case ElementwiseOperation::kSubtractFrom:
    case ElementwiseOperation::kMultiply:
    case ElementwiseOperation::kDivide:
    case ElementwiseOperation::kDivideInto:
    case ElementwiseOperation::kMaximum:
    case ElementwiseOperation::kMinimum:
      return {};
  }
  return error(StatusCode::kInvalidArgument, "operation %d is not an element-wise operation",
               static_cast<int>(operation));
}

Status check_second_operand(const ElementwiseParams& p) noexcept {
  if (is_quantised(p.src_type.type)) return check_int8_elementwise(p);
  if (p.constants.size == 0) return check_residual_type("", p.residual_type, p.dst_type);
  if (p.constants.data == nullptr) return error(StatusCode::kInvalidArgument, "constants are null");
  if (p.constants.size == 1 || p.constants.size == static_cast<std::size_t>(p.channels)) return {};
  return error(StatusCode::kInvalidArgument,
               "there are %zu constants, but there must be 1 or one for each of %d channels", p.constants.size,
               p.channels);
}

}  // namespace

// The multiplier of a product is that of both operands.
kernels::Epilogue quantised_operation_end(const ElementwiseParams& p) noexcept {
  const bool tflite = rounds_as_tflite(p);
  kernels::Epilogue e = quantised_epilogue({p.activation, ResidualOrder::kBeforeActivation, p.src_type, p.dst_type,
                                            tflite ? p.rounding : Rounding::kNearestEven});
  if (tflite) set_fixed_multipliers(p, e.requantisation);
  const Quantization& b = p.residual_type.quantization;
  const float dst_scale = p.dst_type.quantization.scale;
  e.requantisation.b_multiplier = b.scale / dst_scale;
  e.requantisation.b_zero_point = b.zero_point;
  if (p.operation == ElementwiseOperation::kMultiply) {
    e.requantisation.a_multiplier = p.src_type.quantization.scale * b.scale / dst_scale;
  }
  return e;
}

}  // namespace internal

Result<Operator> Operator::elementwise(const ElementwiseParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status =
        first_error({check_at_least_one("channels", params.channels), check_operation(params.operation),
                     check_activation("", params.activation, params.channels),
                     check_operand_types(params.src_type, params.dst_type, params.activation, params.rounding)});
    if (!status.ok()) return status;
    const Status second = check_second_operand(params);
    if (!second.ok()) return second;
    const auto kernels = select_kernels(options.isa, types_of(params.src_type.type));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Elementwise>(**kernels, params));
  });
}

Result<Operator> Operator::activation(const ActivationParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    // A quantised activation is a table, so it need not be a clamp.
    const Status status = first_error({check_at_least_one("channels", params.channels),
                                       check_activation("", params.activation, params.channels),
                                       check_operand_types(params.src_type, params.dst_type, {})});
    if (!status.ok()) return status;
    if (is_quantised(params.src_type.type)) {
      auto impl = make_int8_activation(params, options);
      if (!impl.ok()) return impl.status();
      return Operator(*std::move(impl));
    }
    if (params.table != nullptr) {
      return error(StatusCode::kInvalidArgument, "a table is for quantised tensors, but src_type is %s",
                   to_string(params.src_type.type));
    }
    const auto kernels = select_kernels(options.isa, types_of(params.src_type.type));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Elementwise>(**kernels, params));
  });
}

}  // namespace tandem::inline TANDEM_ABI
