// One overload a parameter struct: an Operator from canonical (OIHW) weights in ordinary memory.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "layer_check.hpp"
#include "reference.hpp"
#include "tandem/operator.hpp"
#include "typed_isas.hpp"

namespace tandem::test {

/// The bias is null when there is none. Floats, so of an operator whose weights are f32.
inline Weights oihw(const reference::Weights& weights) {
  Weights w{weights.filter};
  if (!weights.bias.empty()) w.bias = weights.bias;
  return w;
}

inline Result<Operator> create(const Conv2dParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::conv2d(p, oihw(w), {isa.c_str()});
}
inline Result<Operator> create(const ConvTranspose2dParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::conv_transpose2d(p, oihw(w), {isa.c_str()});
}
inline Result<Operator> create(const DepthwiseParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::depthwise(p, oihw(w), {isa.c_str()});
}
inline Result<Operator> create(const PointwiseParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::pointwise(p, oihw(w), {isa.c_str()});
}
inline Result<Operator> create(const FullyConnectedParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::fully_connected(p, oihw(w), {isa.c_str()});
}
inline Result<Operator> create(const GlobalAveragePoolParams& p, const std::string& isa) {
  return Operator::global_average_pool(p, {isa.c_str()});
}
inline Result<Operator> create(const SqueezeExciteParams& p, const reference::Weights& reduce,
                               const reference::Weights& expand, const std::string& isa) {
  return Operator::squeeze_excite(p, oihw(reduce), oihw(expand), {isa.c_str()});
}
inline Result<Operator> create(const ConvertLayoutParams& p, const std::string& isa) {
  return Operator::convert_layout(p, {isa.c_str()});
}
inline Result<Operator> create(const MaxPoolParams& p, const std::string& isa) {
  return Operator::max_pool(p, {isa.c_str()});
}
inline Result<Operator> create(const AveragePoolParams& p, const std::string& isa) {
  return Operator::average_pool(p, {isa.c_str()});
}
inline Result<Operator> create(const ResizeParams& p, const std::string& isa) {
  return Operator::resize(p, {isa.c_str()});
}
inline Result<Operator> create(const ElementwiseParams& p, const std::string& isa) {
  return Operator::elementwise(p, {isa.c_str()});
}
inline Result<Operator> create(const ActivationParams& p, const std::string& isa) {
  return Operator::activation(p, {isa.c_str()});
}
inline Result<Operator> create(const SoftmaxParams& p, const std::string& isa) {
  return Operator::softmax(p, {isa.c_str()});
}
inline Result<Operator> create(const CopyParams& p, const std::string& isa) { return Operator::copy(p, {isa.c_str()}); }
inline Result<Operator> create(const DepthToSpaceParams& p, const std::string& isa) {
  return Operator::depth_to_space(p, {isa.c_str()});
}
inline Result<Operator> create(const SeparableParams& p, const reference::Weights& depthwise,
                               const reference::Weights& pointwise, const std::string& isa) {
  return Operator::separable(p, oihw(depthwise), oihw(pointwise), {isa.c_str()});
}
inline Result<Operator> create(const SeparableParams& p, const reference::Weights& depthwise,
                               const std::pair<reference::Weights, reference::Weights>& squeeze_excite,
                               const reference::Weights& pointwise, const std::string& isa) {
  return Operator::separable(p, oihw(depthwise), {oihw(squeeze_excite.first), oihw(squeeze_excite.second)},
                             oihw(pointwise), {isa.c_str()});
}
inline Result<Operator> create(const InvertedResidualParams& p, const reference::Weights& expand,
                               const reference::Weights& depthwise, const reference::Weights& project,
                               const std::string& isa) {
  return Operator::inverted_residual(p, oihw(expand), oihw(depthwise), oihw(project), {isa.c_str()});
}

inline Result<Operator> create(const InvertedResidualParams& p, const reference::Weights& expand,
                               const reference::Weights& depthwise,
                               const std::pair<reference::Weights, reference::Weights>& squeeze_excite,
                               const reference::Weights& project, const std::string& isa) {
  return Operator::inverted_residual(p, oihw(expand), oihw(depthwise),
                                     {oihw(squeeze_excite.first), oihw(squeeze_excite.second)}, oihw(project),
                                     {isa.c_str()});
}

/// An operator whose tensors and weights have these types. The filters, one a stage, are rounded to theirs.
inline Result<Operator> create(AnyParams params, const std::vector<reference::Weights>& weights, const TypedIsa& on) {
  const std::size_t stages = filter_shapes(params).size();
  set_types(params, on.types.tensors, std::vector<DataType>(stages, on.types.weights));
  const LayerCase layer{params, {}, std::vector<FilterLayout>(stages, FilterLayout::kOihw)};
  return create_guarded(layer, weights, on.isa, Placement::kEndsAtGuard);
}

}  // namespace tandem::test
