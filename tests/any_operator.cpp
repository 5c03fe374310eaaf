// One line an operator in each of these.
#include "any_operator.hpp"

#include <optional>
#include <ostream>

#include "overloaded.hpp"
#include "printers.hpp"

namespace tandem {

std::ostream& operator<<(std::ostream& out, const test::AnyParams& params) {
  std::visit([&](const auto& p) { out << p; }, params);
  const test::TensorTypes types = test::tensor_types(params);
  out << ", " << to_string(types.src);
  if (types.dst != types.src) out << " to " << to_string(types.dst);
  for (const DataType type : test::weight_types(params)) out << '*' << to_string(type);
  return out;
}

namespace test {

namespace {

using Shapes = std::vector<FilterShape>;
using Types = std::vector<DataType>;

Shapes shapes_of(const SqueezeExciteParams& p) {
  return {{p.reduced_channels, p.channels, 1, 1}, {p.channels, p.reduced_channels, 1, 1}};
}

/// The stages' own, and those of the squeeze-and-excite, if any.
Shapes with_inner(Shapes stages, const std::optional<SqueezeExciteParams>& inner) {
  if (inner) {
    for (const FilterShape& shape : shapes_of(*inner)) stages.push_back(shape);
  }
  return stages;
}
Types with_inner(Types stages, const std::optional<SqueezeExciteParams>& inner) {
  if (inner) stages.insert(stages.end(), 2, inner->weight_type);
  return stages;
}

}  // namespace

std::vector<FilterShape> filter_shapes(const AnyParams& params) {
  return std::visit(
      Overloaded{[](const SeparableParams& p) {
                   return with_inner(Shapes{filter_shape(p.depthwise), filter_shape(p.pointwise)}, p.squeeze_excite);
                 },
                 [](const InvertedResidualParams& p) {
                   return with_inner(Shapes{filter_shape(p.expand), filter_shape(p.depthwise), filter_shape(p.project)},
                                     p.squeeze_excite);
                 },
                 [](const SqueezeExciteParams& p) { return shapes_of(p); },
                 [](const WithoutFilter auto&) { return Shapes{}; },
                 [](const auto& p) { return Shapes{filter_shape(p)}; }},
      params);
}

TensorTypes tensor_types(const AnyParams& params) {
  return std::visit(
      Overloaded{
          [](const SeparableParams& p) { return TensorTypes(p.depthwise.src_type.type, p.pointwise.dst_type.type); },
          [](const InvertedResidualParams& p) { return TensorTypes(p.expand.src_type.type, p.project.dst_type.type); },
          [](const auto& p) {
            if constexpr (requires { p.src_type; }) {
              return TensorTypes(p.src_type.type, p.dst_type.type);
            } else {
              return TensorTypes(p.type.type);
            }
          }},
      params);
}

DataType tensor_type(const AnyParams& params) { return tensor_types(params).src; }

std::vector<DataType> weight_types(const AnyParams& params) {
  return std::visit(
      Overloaded{[](const SeparableParams& p) {
                   return with_inner(Types{p.depthwise.weight_type, p.pointwise.weight_type}, p.squeeze_excite);
                 },
                 [](const InvertedResidualParams& p) {
                   return with_inner(Types{p.expand.weight_type, p.depthwise.weight_type, p.project.weight_type},
                                     p.squeeze_excite);
                 },
                 [](const SqueezeExciteParams& p) { return Types{p.weight_type, p.weight_type}; },
                 [](const WithoutFilter auto&) { return Types{}; }, [](const auto& p) { return Types{p.weight_type}; }},
      params);
}

void set_types(AnyParams& params, const TensorType& t, const std::vector<DataType>& w) {
  std::visit(Overloaded{[&](SeparableParams& p) {
                          tandem::set_types(p.depthwise, t, w[0]);
                          tandem::set_types(p.pointwise, t, w[1]);
                          if (p.squeeze_excite) tandem::set_types(*p.squeeze_excite, t, w[2]);
                        },
                        [&](InvertedResidualParams& p) {
                          tandem::set_types(p.expand, t, w[0]);
                          tandem::set_types(p.depthwise, t, w[1]);
                          tandem::set_types(p.project, t, w[2]);
                          if (p.squeeze_excite) tandem::set_types(*p.squeeze_excite, t, w[3]);
                        },
                        [&](QuantizeParams& p) { p.dst_type = t; }, [&](DequantizeParams& p) { p.src_type = t; },
                        [&](WithoutFilter auto& p) { tandem::set_types(p, t, t.type); },
                        [&](auto& p) { tandem::set_types(p, t, w[0]); }},
             params);
}

std::int64_t input_channels(const AnyParams& params) {
  return std::visit(Overloaded{[](const DepthwiseParams& p) { return p.channels; },
                               [](const SeparableParams& p) { return p.depthwise.channels; },
                               [](const InvertedResidualParams& p) { return p.expand.in_channels; },
                               [](const SqueezeExciteParams& p) { return p.channels; },
                               [](const WithoutFilter auto& p) { return p.channels; },
                               [](const FullyConnectedParams& p) { return p.in_features; },
                               [](const auto& p) { return p.in_channels; }},
                    params);
}

bool takes_residual(const AnyParams& params) {
  return std::visit(
      Overloaded{[](const SeparableParams& p) { return p.pointwise.residual; },
                 [](const InvertedResidualParams&) { return false; }, [](const SqueezeExciteParams&) { return false; },
                 [](const ElementwiseParams& p) { return p.constants.size == 0; },
                 [](const WithoutFilter auto&) { return false; }, [](const auto& p) { return p.residual; }},
      params);
}

Shape residual_shape(const AnyParams& params, const Shape& output) {
  const auto* p = std::get_if<ElementwiseParams>(&params);
  if (p == nullptr) return output;
  const Broadcast& one = p->broadcast;
  return {one.n ? 1 : output.n, one.h ? 1 : output.h, one.w ? 1 : output.w, one.c ? 1 : output.c};
}

bool runs_in_place(const AnyParams& params) {
  return std::holds_alternative<SqueezeExciteParams>(params) || std::holds_alternative<ElementwiseParams>(params) ||
         std::holds_alternative<ActivationParams>(params) || std::holds_alternative<SoftmaxParams>(params);
}

Result<Operator> create(const AnyParams& params, const std::vector<Weights>& w, const CreateOptions& options) {
  return std::visit(
      Overloaded{[&](const Conv2dParams& p) { return Operator::conv2d(p, w[0], options); },
                 [&](const ConvTranspose2dParams& p) { return Operator::conv_transpose2d(p, w[0], options); },
                 [&](const DepthwiseParams& p) { return Operator::depthwise(p, w[0], options); },
                 [&](const PointwiseParams& p) { return Operator::pointwise(p, w[0], options); },
                 [&](const SeparableParams& p) {
                   return p.squeeze_excite ? Operator::separable(p, w[0], {w[2], w[3]}, w[1], options)
                                           : Operator::separable(p, w[0], w[1], options);
                 },
                 [&](const InvertedResidualParams& p) {
                   return p.squeeze_excite ? Operator::inverted_residual(p, w[0], w[1], {w[3], w[4]}, w[2], options)
                                           : Operator::inverted_residual(p, w[0], w[1], w[2], options);
                 },
                 [&](const SqueezeExciteParams& p) { return Operator::squeeze_excite(p, w[0], w[1], options); },
                 [&](const ConvertLayoutParams& p) { return Operator::convert_layout(p, options); },
                 [&](const MaxPoolParams& p) { return Operator::max_pool(p, options); },
                 [&](const AveragePoolParams& p) { return Operator::average_pool(p, options); },
                 [&](const ResizeParams& p) { return Operator::resize(p, options); },
                 [&](const ElementwiseParams& p) { return Operator::elementwise(p, options); },
                 [&](const ActivationParams& p) { return Operator::activation(p, options); },
                 [&](const SoftmaxParams& p) { return Operator::softmax(p, options); },
                 [&](const CopyParams& p) { return Operator::copy(p, options); },
                 [&](const DepthToSpaceParams& p) { return Operator::depth_to_space(p, options); },
                 [&](const QuantizeParams& p) { return Operator::quantize(p, options); },
                 [&](const DequantizeParams& p) { return Operator::dequantize(p, options); },
                 [&](const GlobalAveragePoolParams& p) { return Operator::global_average_pool(p, options); },
                 [&](const FullyConnectedParams& p) { return Operator::fully_connected(p, w[0], options); }},
      params);
}

}  // namespace test
}  // namespace tandem
