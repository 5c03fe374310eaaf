// The formulas of quantised operators without weights.
#pragma once

#include <functional>

#include "quantised_end.hpp"
#include "tandem/params.hpp"
#include "tests/reference.hpp"

namespace tandem::test::int8 {

/// Integers less their zero point, times `multiplier`.
reference::Tensor scaled(reference::Tensor t, const TensorType& type, float multiplier = 1.0F);

/// Sums, products and maxima of integers or of floats, times `multiplier`, become integers, which are exact.
reference::Tensor ended(reference::Tensor t, const QuantisedEnd& end, float multiplier = 1.0F);

reference::Tensor quantised_elementwise(const ElementwiseParams& p, const reference::Tensor& src,
                                        const reference::Tensor& residual);
/// plain: the mean of the elements as they are, if TFLite's formula applies.
reference::Tensor quantised_average_pool(const AveragePoolParams& p, const reference::Tensor& src, bool plain);

using RealFunction = std::function<long double(long double)>;
/// A function of each element, in steps of the scale of `to`, before it is rounded to an integer.
reference::Tensor looked_up(reference::Tensor t, const TensorType& from, const TensorType& to,
                            const RealFunction& function);

}  // namespace tandem::test::int8
