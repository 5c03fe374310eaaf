// One overload a parameter struct: an Operator from canonical (OIHW) weights in ordinary memory.
#pragma once

#include <string>

#include "reference.hpp"
#include "tandem/operator.hpp"

namespace tandem::test {

inline Filter oihw(const reference::Weights& weights) { return {weights.filter, FilterLayout::kOihw}; }

/// Null when there is none.
inline FloatSpan bias_of(const reference::Weights& weights) {
  return weights.bias.empty() ? FloatSpan{} : FloatSpan(weights.bias);
}

inline Result<Operator> create(const Conv2dParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::conv2d(p, oihw(w), bias_of(w), {isa.c_str()});
}
inline Result<Operator> create(const DepthwiseParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::depthwise(p, oihw(w), bias_of(w), {isa.c_str()});
}
inline Result<Operator> create(const PointwiseParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::pointwise(p, oihw(w), bias_of(w), {isa.c_str()});
}
inline Result<Operator> create(const FullyConnectedParams& p, const reference::Weights& w, const std::string& isa) {
  return Operator::fully_connected(p, oihw(w), bias_of(w), {isa.c_str()});
}
inline Result<Operator> create(const GlobalAveragePoolParams& p, const std::string& isa) {
  return Operator::global_average_pool(p, {isa.c_str()});
}
inline Result<Operator> create(const SqueezeExciteParams& p, const reference::Weights& reduce,
                               const reference::Weights& expand, const std::string& isa) {
  return Operator::squeeze_excite(p, oihw(reduce), bias_of(reduce), oihw(expand), bias_of(expand), {isa.c_str()});
}
inline Result<Operator> create(const ConvertLayoutParams& p, const std::string& isa) {
  return Operator::convert_layout(p, {isa.c_str()});
}
inline Result<Operator> create(const SeparableParams& p, const reference::Weights& depthwise,
                               const reference::Weights& pointwise, const std::string& isa) {
  return Operator::separable(p, oihw(depthwise), bias_of(depthwise), oihw(pointwise), bias_of(pointwise),
                             {isa.c_str()});
}
inline Result<Operator> create(const InvertedResidualParams& p, const reference::Weights& expand,
                               const reference::Weights& depthwise, const reference::Weights& project,
                               const std::string& isa) {
  return Operator::inverted_residual(p, oihw(expand), bias_of(expand), oihw(depthwise), bias_of(depthwise),
                                     oihw(project), bias_of(project), {isa.c_str()});
}

}  // namespace tandem::test
