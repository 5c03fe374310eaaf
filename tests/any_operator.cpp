// One line an operator in each of these.
#include "any_operator.hpp"

#include <ostream>

#include "overloaded.hpp"
#include "printers.hpp"

namespace tandem {

std::ostream& operator<<(std::ostream& out, const test::AnyParams& params) {
  std::visit([&](const auto& p) { out << p; }, params);
  out << ", " << to_string(test::tensor_type(params));
  for (const DataType type : test::weight_types(params)) out << '*' << to_string(type);
  return out;
}

namespace test {

std::vector<FilterShape> filter_shapes(const AnyParams& params) {
  using Shapes = std::vector<FilterShape>;
  return std::visit(
      Overloaded{[](const SeparableParams& p) { return Shapes{filter_shape(p.depthwise), filter_shape(p.pointwise)}; },
                 [](const InvertedResidualParams& p) {
                   return Shapes{filter_shape(p.expand), filter_shape(p.depthwise), filter_shape(p.project)};
                 },
                 [](const SqueezeExciteParams& p) {
                   return Shapes{{p.reduced_channels, p.channels, 1, 1}, {p.channels, p.reduced_channels, 1, 1}};
                 },
                 [](const GlobalAveragePoolParams&) { return Shapes{}; },
                 [](const ConvertLayoutParams&) { return Shapes{}; }, [](const MaxPoolParams&) { return Shapes{}; },
                 [](const AveragePoolParams&) { return Shapes{}; }, [](const ResizeParams&) { return Shapes{}; },
                 [](const auto& p) { return Shapes{filter_shape(p)}; }},
      params);
}

DataType tensor_type(const AnyParams& params) {
  return std::visit(Overloaded{[](const SeparableParams& p) { return p.depthwise.src_type.type; },
                               [](const InvertedResidualParams& p) { return p.expand.src_type.type; },
                               [](const ConvertLayoutParams& p) { return p.type.type; },
                               [](const auto& p) { return p.src_type.type; }},
                    params);
}

std::vector<DataType> weight_types(const AnyParams& params) {
  using Types = std::vector<DataType>;
  return std::visit(
      Overloaded{[](const SeparableParams& p) { return Types{p.depthwise.weight_type, p.pointwise.weight_type}; },
                 [](const InvertedResidualParams& p) {
                   return Types{p.expand.weight_type, p.depthwise.weight_type, p.project.weight_type};
                 },
                 [](const SqueezeExciteParams& p) { return Types{p.weight_type, p.weight_type}; },
                 [](const GlobalAveragePoolParams&) { return Types{}; },
                 [](const ConvertLayoutParams&) { return Types{}; }, [](const MaxPoolParams&) { return Types{}; },
                 [](const AveragePoolParams&) { return Types{}; }, [](const ResizeParams&) { return Types{}; },
                 [](const auto& p) { return Types{p.weight_type}; }},
      params);
}

void set_types(AnyParams& params, const TensorType& t, const std::vector<DataType>& w) {
  std::visit(Overloaded{[&](SeparableParams& p) {
                          tandem::set_types(p.depthwise, t, w[0]);
                          tandem::set_types(p.pointwise, t, w[1]);
                        },
                        [&](InvertedResidualParams& p) {
                          tandem::set_types(p.expand, t, w[0]);
                          tandem::set_types(p.depthwise, t, w[1]);
                          tandem::set_types(p.project, t, w[2]);
                        },
                        [&](GlobalAveragePoolParams& p) { tandem::set_types(p, t, t.type); },
                        [&](ConvertLayoutParams& p) { tandem::set_types(p, t, t.type); },
                        [&](MaxPoolParams& p) { tandem::set_types(p, t, t.type); },
                        [&](AveragePoolParams& p) { tandem::set_types(p, t, t.type); },
                        [&](ResizeParams& p) { tandem::set_types(p, t, t.type); },
                        [&](auto& p) { tandem::set_types(p, t, w[0]); }},
             params);
}

std::int64_t input_channels(const AnyParams& params) {
  return std::visit(
      Overloaded{
          [](const DepthwiseParams& p) { return p.channels; },
          [](const SeparableParams& p) { return p.depthwise.channels; },
          [](const InvertedResidualParams& p) { return p.expand.in_channels; },
          [](const GlobalAveragePoolParams& p) { return p.channels; },
          [](const SqueezeExciteParams& p) { return p.channels; },
          [](const ConvertLayoutParams& p) { return p.channels; }, [](const MaxPoolParams& p) { return p.channels; },
          [](const AveragePoolParams& p) { return p.channels; }, [](const ResizeParams& p) { return p.channels; },
          [](const FullyConnectedParams& p) { return p.in_features; }, [](const auto& p) { return p.in_channels; }},
      params);
}

bool takes_residual(const AnyParams& params) {
  return std::visit(
      Overloaded{[](const SeparableParams& p) { return p.pointwise.residual; },
                 [](const InvertedResidualParams&) { return false; },
                 [](const GlobalAveragePoolParams&) { return false; }, [](const SqueezeExciteParams&) { return false; },
                 [](const ConvertLayoutParams&) { return false; }, [](const MaxPoolParams&) { return false; },
                 [](const AveragePoolParams&) { return false; }, [](const ResizeParams&) { return false; },
                 [](const auto& p) { return p.residual; }},
      params);
}

Result<Operator> create(const AnyParams& params, const std::vector<Weights>& w, const CreateOptions& options) {
  return std::visit(
      Overloaded{
          [&](const Conv2dParams& p) { return Operator::conv2d(p, w[0], options); },
          [&](const ConvTranspose2dParams& p) { return Operator::conv_transpose2d(p, w[0], options); },
          [&](const DepthwiseParams& p) { return Operator::depthwise(p, w[0], options); },
          [&](const PointwiseParams& p) { return Operator::pointwise(p, w[0], options); },
          [&](const SeparableParams& p) { return Operator::separable(p, w[0], w[1], options); },
          [&](const InvertedResidualParams& p) { return Operator::inverted_residual(p, w[0], w[1], w[2], options); },
          [&](const SqueezeExciteParams& p) { return Operator::squeeze_excite(p, w[0], w[1], options); },
          [&](const ConvertLayoutParams& p) { return Operator::convert_layout(p, options); },
          [&](const MaxPoolParams& p) { return Operator::max_pool(p, options); },
          [&](const AveragePoolParams& p) { return Operator::average_pool(p, options); },
          [&](const ResizeParams& p) { return Operator::resize(p, options); },
          [&](const GlobalAveragePoolParams& p) { return Operator::global_average_pool(p, options); },
          [&](const FullyConnectedParams& p) { return Operator::fully_connected(p, w[0], options); }},
      params);
}

}  // namespace test
}  // namespace tandem
