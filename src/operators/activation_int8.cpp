// Any function of an element of 8 bits is a table of 256 elements. create() fills it as the three operators would, dequantise,
// activate in fp32, quantise, with the scalar kernels, so that every ISA has the same bits. A caller may give the table.
#include <algorithm>
#include <array>
#include <utility>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/stream_plan.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// An element for each of the 256 bytes, as one pixel.
template <class Element>
kernels::Rows row_of(std::array<Element, 256>& elements) noexcept {
  return {elements.data(), sizeof(elements)};
}
template <class Element>
kernels::ConstRows row_of(const std::array<Element, 256>& elements) noexcept {
  return {elements.data(), sizeof(elements)};
}

class Lookup final : public OperatorImpl {
 public:
  Lookup(const kernels::KernelTable& kernels, const ActivationParams& p, const ByteTable& table)
      : OperatorImpl(kernels, {p.src_type.type, p.dst_type.type}), channels_(p.channels), table_(table) {}

  const char* name() const noexcept override { return "activation"; }
  std::size_t packed_bytes() const noexcept override { return sizeof(table_); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override { return same_shape(input, channels_); }

  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    constexpr double kCyclesAnElement = 1.0;  // two loads
    info.runs_in_place = true;
    info.report.epilogue = "memory";
    return make_stream_plan({PlanKind::kElementwise, 0, kCyclesAnElement * real(planning.machine.lanes)}, planning,
                            std::move(info), [this](const RunArgs& args, const PlanInfo& plan, const Range& pixels) {
                              const ByteStrides strides = plan.byte_strides();
                              kernels().lookup({rows_from(kernels::ConstRows{args.src, strides.src}, pixels.begin),
                                                rows_from(kernels::Rows{args.dst, strides.dst}, pixels.begin),
                                                pixels.end - pixels.begin, channels_, table_.data()});
                            });
  }

 private:
  std::int64_t channels_;
  ByteTable table_;
};

}  // namespace

// Numbers by channel would take a table for each.
Status check_activation_table(const ActivationParams& p) noexcept {
  const Activation& a = p.activation;
  const std::size_t numbers =
      std::max({a.kind == Activation::Kind::kPrelu ? a.slopes.size : std::size_t{0}, a.scale.size, a.shift.size});
  if (numbers <= 1) return {};
  return error(StatusCode::kUnsupported,
               "activation has numbers for each of %zu channels, but tensors of %s take one for all of them", numbers,
               to_string(p.src_type.type));
}

Result<ByteTable> make_activation_table(const ActivationParams& p) {
  if (p.table != nullptr) {
    ByteTable given{};
    std::copy_n(p.table, given.size(), given.begin());
    return given;
  }
  constexpr std::int64_t kElements = 256;
  const auto real = select_kernels("scalar");
  const auto quantised = select_kernels("scalar", types_of(p.src_type.type));
  if (!real.ok()) return real.status();
  if (!quantised.ok()) return quantised.status();
  ByteTable src{};
  for (std::size_t i = 0; i < src.size(); ++i) src[i] = static_cast<std::uint8_t>(i);
  std::array<float, 256> values{};
  ByteTable table{};
  const Quantization& from = p.src_type.quantization;
  const Quantization& to = p.dst_type.quantization;
  (*quantised)->dequantise({row_of(std::as_const(src)), row_of(values), 1, kElements, from.scale, from.zero_point});
  const PackedEpilogue end(**real, p.activation, ResidualOrder::kBeforeActivation, {0, kElements});
  (*real)->elementwise({kernels::Operation::kNone,
                        row_of(std::as_const(values)),
                        {},
                        false,
                        false,
                        row_of(values),
                        1,
                        kElements,
                        end.at(0)});
  (*quantised)->quantise({row_of(std::as_const(values)), row_of(table), 1, kElements, to.scale, to.zero_point});
  return table;
}

Result<std::shared_ptr<const OperatorImpl>> make_int8_activation(const ActivationParams& p,
                                                                 const CreateOptions& options) {
  const Status status = check_activation_table(p);
  if (!status.ok()) return status;
  const auto kernels = select_kernels(options.isa, types_of(p.src_type.type));
  if (!kernels.ok()) return kernels.status();
  const Result<ByteTable> table = make_activation_table(p);
  if (!table.ok()) return table.status();
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const Lookup>(**kernels, p, *table));
}

}  // namespace tandem::inline TANDEM_ABI::internal
