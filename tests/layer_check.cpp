#include "layer_check.hpp"

#include <optional>
#include <ostream>

#include "current_case.hpp"
#include "operator_check.hpp"
#include "overloaded.hpp"
#include "printers.hpp"

namespace tandem::test {

std::ostream& operator<<(std::ostream& out, const LayerCase& layer) {
  out << layer.params << " on " << layer.input;
  for (std::size_t i = 0; i < layer.layouts.size(); ++i) {
    out << ", " << to_string(layer.layouts[i]) << (layer.biases[i] ? " with bias" : "");
  }
  return out;
}

reference::Tensor compute(const AnyParams& params, const std::vector<reference::Weights>& w,
                          const reference::Tensor& src, const reference::Tensor* residual) {
  return std::visit(
      Overloaded{[&](const Conv2dParams& p) { return reference::conv2d(p, w[0], src, residual); },
                 [&](const ConvTranspose2dParams& p) { return reference::conv_transpose2d(p, w[0], src, residual); },
                 [&](const DepthwiseParams& p) { return reference::depthwise(p, w[0], src, residual); },
                 [&](const PointwiseParams& p) { return reference::pointwise(p, w[0], src, residual); },
                 [&](const SeparableParams& p) { return reference::separable(p, w, src, residual); },
                 [&](const InvertedResidualParams& p) { return reference::inverted_residual(p, w, src); },
                 [&](const SqueezeExciteParams& p) { return reference::squeeze_excite(p, w[0], w[1], src); },
                 [&](const ConvertLayoutParams& p) { return reference::convert_layout(p, src); },
                 [&](const MaxPoolParams& p) { return reference::max_pool(p, src); },
                 [&](const AveragePoolParams& p) { return reference::average_pool(p, src); },
                 [&](const ResizeParams& p) { return reference::resize(p, src); },
                 [&](const GlobalAveragePoolParams& p) { return reference::global_average_pool(p, src); },
                 [&](const ElementwiseParams& p) { return reference::elementwise(p, src, residual); },
                 [&](const ActivationParams& p) { return reference::activation(p, src); },
                 [&](const SoftmaxParams& p) { return reference::softmax(p, src); },
                 [&](const CopyParams&) { return src; },
                 [&](const DepthToSpaceParams& p) { return reference::depth_to_space(p, src); },
                 [&](const QuantizeParams& p) { return reference::quantize(p, src); },
                 [&](const DequantizeParams& p) { return reference::dequantize(p, src); },
                 [&](const FullyConnectedParams& p) { return reference::fully_connected(p, w[0], src, residual); }},
      params);
}

Result<Operator> create_guarded(const LayerCase& layer, const std::vector<reference::Weights>& weights,
                                const std::string& isa, Placement placement) {
  const std::vector<FilterShape> shapes = filter_shapes(layer.params);
  std::vector<std::optional<GuardedWeights>> guarded(shapes.size());
  const std::vector<DataType> types = weight_types(layer.params);
  std::vector<Weights> stages;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    guarded[i].emplace(weights[i], shapes[i], layer.layouts[i], placement, types[i]);
    stages.push_back(guarded[i]->weights());
  }
  return create(layer.params, stages, {isa.c_str()});
}

void expect_layer(const LayerCase& layer, const std::string& isa, std::uint64_t seed) {
  const CurrentCase described(text(layer, ", seed ", seed));
  Random random(seed);
  const std::vector<FilterShape> shapes = filter_shapes(layer.params);
  std::vector<reference::Weights> weights;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    weights.push_back(random_weights(shapes[i], layer.biases[i], random));
  }
  const auto residual = [&](const Shape& output) { return residual_shape(layer.params, output); };
  const Expectation e = expectation(
      layer.input, takes_residual(layer.params) ? ResidualShape(residual) : nullptr, random,
      [&](const auto& src, const auto* added) { return compute(layer.params, weights, src, added); },
      tensor_type(layer.params));
  expect_operator([&](Placement placement) { return create_guarded(layer, weights, isa, placement); }, e);
}

}  // namespace tandem::test
