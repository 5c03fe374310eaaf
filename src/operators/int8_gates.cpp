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

Status check_type(const char* what, const TensorType& type, const TensorType& src) noexcept {
  return first_error({check_quantization("", what, type), check_data_type("src_type", src, what, type)});
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

Status check_int8_squeeze_excite(const SqueezeExciteParams& p, const SqueezeExciteWeights& w) noexcept {
  const Product reduce = reduction(p);
  const Product expand = expansion(p);
  const Status types = first_error(
      {check_quantization("", "src_type", p.src_type), check_type("dst_type", p.dst_type, p.src_type),
       check_type("mean_type", p.mean_type, p.src_type), check_type("hidden_type", p.hidden_type, p.src_type),
       check_type("gate_type", p.gate_type, p.src_type),
       reduce.table ? check_type("reduced_type", p.reduced_type, p.src_type) : Status(),
       expand.table ? check_type("expanded_type", p.expanded_type, p.src_type) : Status()});
  if (!types.ok()) return types;
  return first_error({check_operand_types(p.src_type, p.mean_type, {}, p.rounding), check_int8_elementwise(gating(p)),
                      check_product("reduce.", reduce, w.reduce), check_product("expand.", expand, w.expand)});
}

Result<GateEnds> quantised_gate_ends(const SqueezeExciteParams& p) {
  const Product reduce = reduction(p);
  const Product expand = expansion(p);
  GateEnds ends{end_of(reduce), end_of(expand)};
  ends.quantised.mean =
      quantised_mean_end({{}, ResidualOrder::kBeforeActivation, p.src_type, p.mean_type, p.rounding}, false);
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

kernels::Epilogue quantised_gating_end(const SqueezeExciteParams& p) noexcept {
  return quantised_operation_end(gating(p));
}

}  // namespace tandem::inline TANDEM_ABI::internal
