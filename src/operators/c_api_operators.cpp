// The C99 interface of operators.
#include <array>

#include "src/operators/c_structs.hpp"
#include "tandem/tandem.h"

namespace {

using namespace tandem::internal;  // NOLINT(google-build-using-namespace)
using tandem::Operator;
using tandem::Result;
using tandem::Status;
using tandem::Weights;

struct Stage {
  const char* name;
  const tandem_weights* weights;
};

// Translates parameters and weights; make(params, weights) then creates the operator.
template <class Params, std::size_t Stages, class Given, class Make>
bool create(const Given* given, const std::array<Stage, Stages>& stages, tandem_operator** op, tandem_status* status,
            Make make) noexcept {
  if (op == nullptr) return report(is_null("op"), status);
  *op = nullptr;
  Params params;
  const Status of_params = read("params", given, params);
  if (!of_params.ok()) return report(of_params, status);
  std::array<Weights, Stages> weights;
  for (std::size_t i = 0; i < Stages; ++i) {
    const Status of_weights = read(stages[i].name, stages[i].weights, weights[i]);
    if (!of_weights.ok()) return report(of_weights, status);
  }
  return deliver(make(params, weights), op, status);
}

using One = std::array<Stage, 1>;
using Two = std::array<Stage, 2>;
using Three = std::array<Stage, 3>;
using Four = std::array<Stage, 4>;
using Five = std::array<Stage, 5>;

}  // namespace

extern "C" {

bool tandem_conv2d_create(const tandem_conv2d_params* params, const tandem_weights* weights, const char* isa,
                          tandem_operator** op, tandem_status* status) {
  return create<tandem::Conv2dParams>(params, One{{{"weights", weights}}}, op, status,
                                      [&](const auto& p, const auto& w) { return Operator::conv2d(p, w[0], {isa}); });
}

bool tandem_conv_transpose2d_create(const tandem_conv_transpose2d_params* params, const tandem_weights* weights,
                                    const char* isa, tandem_operator** op, tandem_status* status) {
  return create<tandem::ConvTranspose2dParams>(
      params, One{{{"weights", weights}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::conv_transpose2d(p, w[0], {isa}); });
}

bool tandem_depthwise_create(const tandem_depthwise_params* params, const tandem_weights* weights, const char* isa,
                             tandem_operator** op, tandem_status* status) {
  return create<tandem::DepthwiseParams>(
      params, One{{{"weights", weights}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::depthwise(p, w[0], {isa}); });
}

bool tandem_pointwise_create(const tandem_pointwise_params* params, const tandem_weights* weights, const char* isa,
                             tandem_operator** op, tandem_status* status) {
  return create<tandem::PointwiseParams>(
      params, One{{{"weights", weights}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::pointwise(p, w[0], {isa}); });
}

bool tandem_separable_create(const tandem_separable_params* params, const tandem_weights* depthwise,
                             const tandem_weights* pointwise, const char* isa, tandem_operator** op,
                             tandem_status* status) {
  return create<tandem::SeparableParams>(
      params, Two{{{"depthwise", depthwise}, {"pointwise", pointwise}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::separable(p, w[0], w[1], {isa}); });
}

bool tandem_inverted_residual_create(const tandem_inverted_residual_params* params, const tandem_weights* expand,
                                     const tandem_weights* depthwise, const tandem_weights* project, const char* isa,
                                     tandem_operator** op, tandem_status* status) {
  return create<tandem::InvertedResidualParams>(
      params, Three{{{"expand", expand}, {"depthwise", depthwise}, {"project", project}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::inverted_residual(p, w[0], w[1], w[2], {isa}); });
}

bool tandem_separable_squeeze_excite_create(const tandem_separable_params* params, const tandem_weights* depthwise,
                                            const tandem_weights* reduce, const tandem_weights* gate,
                                            const tandem_weights* pointwise, const char* isa, tandem_operator** op,
                                            tandem_status* status) {
  return create<tandem::SeparableParams>(
      params, Four{{{"depthwise", depthwise}, {"reduce", reduce}, {"gate", gate}, {"pointwise", pointwise}}}, op,
      status, [&](const auto& p, const auto& w) { return Operator::separable(p, w[0], {w[1], w[2]}, w[3], {isa}); });
}

bool tandem_inverted_residual_squeeze_excite_create(const tandem_inverted_residual_params* params,
                                                    const tandem_weights* expand, const tandem_weights* depthwise,
                                                    const tandem_weights* reduce, const tandem_weights* gate,
                                                    const tandem_weights* project, const char* isa,
                                                    tandem_operator** op, tandem_status* status) {
  return create<tandem::InvertedResidualParams>(
      params,
      Five{{{"expand", expand}, {"depthwise", depthwise}, {"reduce", reduce}, {"gate", gate}, {"project", project}}},
      op, status, [&](const auto& p, const auto& w) {
        return Operator::inverted_residual(p, w[0], w[1], {w[2], w[3]}, w[4], {isa});
      });
}

bool tandem_global_average_pool_create(const tandem_global_average_pool_params* params, const char* isa,
                                       tandem_operator** op, tandem_status* status) {
  return create<tandem::GlobalAveragePoolParams>(
      params, std::array<Stage, 0>{}, op, status,
      [&](const auto& p, const auto&) { return Operator::global_average_pool(p, {isa}); });
}

bool tandem_fully_connected_create(const tandem_fully_connected_params* params, const tandem_weights* weights,
                                   const char* isa, tandem_operator** op, tandem_status* status) {
  return create<tandem::FullyConnectedParams>(
      params, One{{{"weights", weights}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::fully_connected(p, w[0], {isa}); });
}

bool tandem_squeeze_excite_create(const tandem_squeeze_excite_params* params, const tandem_weights* reduce,
                                  const tandem_weights* expand, const char* isa, tandem_operator** op,
                                  tandem_status* status) {
  return create<tandem::SqueezeExciteParams>(
      params, Two{{{"reduce", reduce}, {"expand", expand}}}, op, status,
      [&](const auto& p, const auto& w) { return Operator::squeeze_excite(p, w[0], w[1], {isa}); });
}

bool tandem_convert_layout_create(const tandem_convert_layout_params* params, const char* isa, tandem_operator** op,
                                  tandem_status* status) {
  return create<tandem::ConvertLayoutParams>(
      params, std::array<Stage, 0>{}, op, status,
      [&](const auto& p, const auto&) { return Operator::convert_layout(p, {isa}); });
}

bool tandem_max_pool_create(const tandem_max_pool_params* params, const char* isa, tandem_operator** op,
                            tandem_status* status) {
  return create<tandem::MaxPoolParams>(params, std::array<Stage, 0>{}, op, status,
                                       [&](const auto& p, const auto&) { return Operator::max_pool(p, {isa}); });
}

bool tandem_average_pool_create(const tandem_average_pool_params* params, const char* isa, tandem_operator** op,
                                tandem_status* status) {
  return create<tandem::AveragePoolParams>(params, std::array<Stage, 0>{}, op, status, [&](const auto& p, const auto&) {
    return Operator::average_pool(p, {isa});
  });
}

bool tandem_resize_create(const tandem_resize_params* params, const char* isa, tandem_operator** op,
                          tandem_status* status) {
  return create<tandem::ResizeParams>(params, std::array<Stage, 0>{}, op, status,
                                      [&](const auto& p, const auto&) { return Operator::resize(p, {isa}); });
}

bool tandem_elementwise_create(const tandem_elementwise_params* params, const char* isa, tandem_operator** op,
                               tandem_status* status) {
  return create<tandem::ElementwiseParams>(params, std::array<Stage, 0>{}, op, status,
                                           [&](const auto& p, const auto&) { return Operator::elementwise(p, {isa}); });
}

bool tandem_activation_create(const tandem_activation_params* params, const char* isa, tandem_operator** op,
                              tandem_status* status) {
  return create<tandem::ActivationParams>(params, std::array<Stage, 0>{}, op, status,
                                          [&](const auto& p, const auto&) { return Operator::activation(p, {isa}); });
}

bool tandem_softmax_create(const tandem_softmax_params* params, const char* isa, tandem_operator** op,
                           tandem_status* status) {
  return create<tandem::SoftmaxParams>(params, std::array<Stage, 0>{}, op, status,
                                       [&](const auto& p, const auto&) { return Operator::softmax(p, {isa}); });
}

bool tandem_quantize_create(const tandem_quantize_params* params, const char* isa, tandem_operator** op,
                            tandem_status* status) {
  return create<tandem::QuantizeParams>(params, std::array<Stage, 0>{}, op, status,
                                        [&](const auto& p, const auto&) { return Operator::quantize(p, {isa}); });
}

bool tandem_dequantize_create(const tandem_dequantize_params* params, const char* isa, tandem_operator** op,
                              tandem_status* status) {
  return create<tandem::DequantizeParams>(params, std::array<Stage, 0>{}, op, status,
                                          [&](const auto& p, const auto&) { return Operator::dequantize(p, {isa}); });
}

bool tandem_copy_create(const tandem_copy_params* params, const char* isa, tandem_operator** op,
                        tandem_status* status) {
  return create<tandem::CopyParams>(params, std::array<Stage, 0>{}, op, status,
                                    [&](const auto& p, const auto&) { return Operator::copy(p, {isa}); });
}

bool tandem_depth_to_space_create(const tandem_depth_to_space_params* params, const char* isa, tandem_operator** op,
                                  tandem_status* status) {
  return create<tandem::DepthToSpaceParams>(
      params, std::array<Stage, 0>{}, op, status,
      [&](const auto& p, const auto&) { return Operator::depth_to_space(p, {isa}); });
}

void tandem_operator_destroy(tandem_operator* op) { delete op; }
const char* tandem_operator_name(const tandem_operator* op) { return op == nullptr ? "" : op->op.name(); }
const char* tandem_operator_isa(const tandem_operator* op) { return op == nullptr ? "" : op->op.isa(); }
size_t tandem_operator_packed_bytes(const tandem_operator* op) { return op == nullptr ? 0 : op->op.packed_bytes(); }

tandem_shape tandem_operator_output_shape(const tandem_operator* op, tandem_shape input, tandem_status* status) {
  const Result<tandem::Shape> shape = op == nullptr ? is_null("op") : op->op.output_shape(of(input));
  return report(shape.status(), status) ? of(*shape) : tandem_shape{};
}

int64_t tandem_operator_op_count(const tandem_operator* op, tandem_shape input, tandem_status* status) {
  const Result<std::int64_t> count = op == nullptr ? is_null("op") : op->op.op_count(of(input));
  return report(count.status(), status) ? *count : -1;
}

}  // extern "C"
