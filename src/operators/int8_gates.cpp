#include "src/operators/int8_gates.hpp"

#include <optional>

#include "src/base/affine.hpp"
#include "src/base/error.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/elementwise.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/pool_end.hpp"
#include "src/operators/stage_params.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// A product with the activation after it, which is part of it if it is a clamp, else a table.
struct Product {
  FullyConnectedParams matrix;
  std::optional<ActivationParams> table;
};

// stored: the type of the product if a table follows.
Product product(const SqueezeExciteParams& p, std::int32_t in, std::int32_t out, const Activation& activation,
                const TensorType& src, const TensorType& stored, const TensorType& dst) noexcept {
  Product r;
  r.matrix.in_features = in;
  r.matrix.out_features = out;
  r.matrix.src_type = src;
  r.matrix.dst_type = dst;
  r.matrix.weight_type = p.weight_type;
  r.matrix.rounding = p.rounding;
  if (is_clamp(activation)) {
    r.matrix.activation = activation;
    return r;
  }
  r.matrix.dst_type = stored;
  r.table = ActivationParams{out, activation, stored, dst};
  return r;
}
Product reduction(const SqueezeExciteParams& p) noexcept {
  return product(p, p.channels, p.reduced_channels, p.activation, p.mean_type, p.reduced_type, p.hidden_type);
}
Product expansion(const SqueezeExciteParams& p) noexcept {
  return product(p, p.reduced_channels, p.channels, p.gate, p.hidden_type, p.expanded_type, p.gate_type);
}

ElementwiseParams gating(const SqueezeExciteParams& p) noexcept {
  ElementwiseParams e;
  e.channels = p.channels;
  e.operation = ElementwiseOperation::kMultiply;
  e.src_type = p.src_type;
  e.residual_type = p.gate_type;
  e.dst_type = p.dst_type;
  e.rounding = p.rounding;
  return e;
}

// The multipliers of the mean and of the gating.
Status check_quotients(const char* stage, const SqueezeExciteParams& p) noexcept {
  const float src = p.src_type.quantization.scale;
  return first_error(
      {check_quotient(stage, {"src_type", src}, {"mean_type", p.mean_type.quantization.scale}),
       check_product_quotient(stage, {"src_type times that of gate_type", src * p.gate_type.quantization.scale},
                              {"dst_type", p.dst_type.quantization.scale})});
}

Status check_product(const char* stage, const Product& p, const Weights& weights) noexcept {
  return first_error(
      {check_fully_connected(stage, p.matrix, weights), p.table ? check_activation_table(*p.table) : Status()});
}

StageEnd end_of(const Product& p) noexcept {
  StageEnd end = stage_end(p.matrix);
  end.fully_connected = true;
  return end;
}

}  // namespace

Status check_int8_squeeze_excite(const SqueezeExciteNames& names, const SqueezeExciteParams& p,
                                 const SqueezeExciteWeights& w) noexcept {
  const Product reduce = reduction(p);
  const Product expand = expansion(p);
  const char* const stage = names.whole;
  const auto check_type = [&](const char* what, const TensorType& type) {
    return first_error(
        {check_quantization(stage, what, type), check_data_type(stage, "src_type", p.src_type, what, type)});
  };
  const Status types = first_error({check_quantization(stage, "src_type", p.src_type),
                                    check_type("dst_type", p.dst_type), check_type("mean_type", p.mean_type),
                                    check_type("hidden_type", p.hidden_type), check_type("gate_type", p.gate_type),
                                    reduce.table ? check_type("reduced_type", p.reduced_type) : Status(),
                                    expand.table ? check_type("expanded_type", p.expanded_type) : Status()});
  if (!types.ok()) return types;
  return first_error({check_rounding(stage, p.rounding), check_quotients(stage, p),
                      check_product(names.reduce, reduce, w.reduce), check_product(names.expand, expand, w.expand)});
}

Result<GateEnds> quantised_gate_ends(const SqueezeExciteParams& p) {
  const Product reduce = reduction(p);
  const Product expand = expansion(p);
  GateEnds ends{end_of(reduce), end_of(expand)};
  ends.quantised.mean =
      quantised_mean_end({{}, ResidualOrder::kBeforeActivation, p.src_type, p.mean_type, p.rounding}, false);
  ends.quantised.gating = quantised_operation_end(gating(p));
  if (reduce.table) {
    const Result<ByteTable> table = make_activation_table(*reduce.table);
    if (!table.ok()) return table.status();
    ends.quantised.activation = *table;
  }
  if (expand.table) {
    const Result<ByteTable> table = make_activation_table(*expand.table);
    if (!table.ok()) return table.status();
    ends.quantised.gate = *table;
  }
  return ends;
}

}  // namespace tandem::inline TANDEM_ABI::internal
