// From fp32 tensors to quantised ones and back: blocks of pixels.
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/stream_plan.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/pointers.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class Conversion final : public OperatorImpl {
 public:
  Conversion(const kernels::KernelTable& kernels, std::int64_t channels, const TensorType& src, const TensorType& dst)
      : OperatorImpl(kernels, {src.type, dst.type}),
        channels_(channels),
        quantises_(is_quantised(dst.type)),
        quantization_(quantises_ ? dst.quantization : src.quantization) {}

  const char* name() const noexcept override { return quantises_ ? "quantize" : "dequantize"; }
  std::size_t packed_bytes() const noexcept override { return 0; }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override { return same_shape(input, channels_); }

  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    constexpr double kCycles = 4.0;
    const std::int64_t elements = info.input.elements();
    return make_stream_plan(
        {PlanKind::kLayout, elements, kCycles}, planning, std::move(info),
        [this](const RunArgs& args, const PlanInfo& plan, const Range& pixels) {
          const ByteStrides strides = plan.byte_strides();
          const auto kernel = quantises_ ? kernels().quantise : kernels().dequantise;
          kernel({rows_from(kernels::ConstRows{args.src, strides.src}, pixels.begin),
                  rows_from(kernels::Rows{args.dst, strides.dst}, pixels.begin), pixels.end - pixels.begin, channels_,
                  quantization_.scale, quantization_.zero_point});
        });
  }

 private:
  std::int64_t channels_;
  bool quantises_;
  Quantization quantization_;
};

// real: the name and type of the tensor of floats; quantised: of the other one.
Status check_conversion(std::int64_t channels, const char* real_name, const TensorType& real,
                        const char* quantised_name, const TensorType& quantised) noexcept {
  const Status possible =
      first_error({check_at_least_one("channels", channels), check_quantization("", real_name, real),
                   check_quantization("", quantised_name, quantised)});
  if (!possible.ok()) return possible;
  if (real.type != DataType::kF32) {
    return error(StatusCode::kUnsupported, "%s is %s, but must be f32", real_name, to_string(real.type));
  }
  if (!is_quantised(quantised.type)) {
    return error(StatusCode::kUnsupported, "%s is %s, but must be u8 or s8", quantised_name, to_string(quantised.type));
  }
  return {};
}

Result<std::shared_ptr<const OperatorImpl>> make_conversion(std::int64_t channels, const TensorType& src,
                                                            const TensorType& dst, const CreateOptions& options) {
  const DataType tensor = is_quantised(src.type) ? src.type : dst.type;
  const auto kernels = select_kernels(options.isa, types_of(tensor));
  if (!kernels.ok()) return kernels.status();
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const Conversion>(**kernels, channels, src, dst));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::quantize(const QuantizeParams& p, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_conversion(p.channels, "src_type", p.src_type, "dst_type", p.dst_type);
    if (!status.ok()) return status;
    auto impl = make_conversion(p.channels, p.src_type, p.dst_type, options);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

Result<Operator> Operator::dequantize(const DequantizeParams& p, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_conversion(p.channels, "dst_type", p.dst_type, "src_type", p.src_type);
    if (!status.ok()) return status;
    auto impl = make_conversion(p.channels, p.src_type, p.dst_type, options);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

}  // namespace tandem::inline TANDEM_ABI
