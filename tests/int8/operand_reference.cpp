#include "operand_reference.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fixed_point.hpp"

namespace tandem::test::int8 {
namespace {

// The same operation on real numbers.
ElementwiseParams of_reals(const ElementwiseParams& p) {
  ElementwiseParams real;
  real.channels = p.channels;
  real.operation = p.operation;
  real.broadcast = p.broadcast;
  return real;
}

// Two factors are multiplied as integers; other operands are first brought to the scale of dst.
reference::Tensor even_elementwise(const ElementwiseParams& p, const reference::Tensor& src,
                                   const reference::Tensor& residual) {
  const float a = p.src_type.quantization.scale;
  const float b = p.residual_type.quantization.scale;
  const float dst = p.dst_type.quantization.scale;
  const bool product = p.operation == ElementwiseOperation::kMultiply;
  const reference::Tensor second = scaled(residual, p.residual_type, product ? 1.0F : b / dst);
  return ended(reference::elementwise(of_reals(p), scaled(src, p.src_type, product ? 1.0F : a / dst), &second),
               QuantisedEnd(p.dst_type, p.activation), product ? a * b / dst : 1.0F);
}

// ADD, SUB and MUL of TFLite.
reference::Tensor tflite_elementwise(const ElementwiseParams& p, const reference::Tensor& src,
                                     const reference::Tensor& residual) {
  const float a = p.src_type.quantization.scale;
  const float b = p.residual_type.quantization.scale;
  const float dst = p.dst_type.quantization.scale;
  const bool product = p.operation == ElementwiseOperation::kMultiply;
  const TfliteSum sum(p.src_type, p.residual_type, p.dst_type, p.rounding);
  const auto operand = [&](const reference::Tensor& t, const TensorType& type) {
    reference::Tensor integers = scaled(t, type);
    for (double& v : integers.value) {
      if (!product) v = static_cast<double>(sum.operand(static_cast<std::int64_t>(v), type));
    }
    return integers;
  };
  const reference::Tensor second = operand(residual, p.residual_type);
  reference::Tensor result = reference::elementwise(of_reals(p), operand(src, p.src_type), &second);
  const QuantisedEnd end(p.dst_type, p.activation, p.rounding);
  const auto multiplier = static_cast<double>(a * b / dst);
  for (double& v : result.value) {
    const auto exact = static_cast<std::int64_t>(v);
    v = end.of_integer(product ? requantised(exact, multiplier, p.rounding) : sum.result(exact));
  }
  std::fill(result.bound.begin(), result.bound.end(), 0.0);
  return result;
}

}  // namespace

reference::Tensor scaled(reference::Tensor t, const TensorType& type, float multiplier) {
  for (double& v : t.value) v = static_cast<double>(static_cast<float>(v - type.quantization.zero_point) * multiplier);
  return t;
}

reference::Tensor ended(reference::Tensor t, const QuantisedEnd& end, float multiplier) {
  for (double& v : t.value) v = end.of(static_cast<float>(v) * multiplier);
  std::fill(t.bound.begin(), t.bound.end(), 0.0);
  return t;
}

reference::Tensor quantised_elementwise(const ElementwiseParams& p, const reference::Tensor& src,
                                        const reference::Tensor& residual) {
  const bool greatest = p.operation == ElementwiseOperation::kMaximum || p.operation == ElementwiseOperation::kMinimum;
  return p.rounding == Rounding::kNearestEven || greatest ? even_elementwise(p, src, residual)
                                                          : tflite_elementwise(p, src, residual);
}

reference::Tensor quantised_average_pool(const AveragePoolParams& p, const reference::Tensor& src, bool plain) {
  const QuantisedEnd end(p.dst_type, p.activation, p.rounding);
  const Quantization& from = p.src_type.quantization;
  const Quantization& to = p.dst_type.quantization;
  const TfliteMultiplier multiplier(static_cast<double>(from.scale) / static_cast<double>(to.scale));
  return reference::average_pool(p, scaled(src, p.src_type), [&](double sum, std::int64_t divisor) {
    const auto exact = static_cast<std::int64_t>(sum);
    if (p.rounding == Rounding::kNearestEven) {
      const float share = 1.0F / static_cast<float>(divisor);
      return end.of(static_cast<float>(sum) * (from.scale / to.scale * share));
    }
    if (!plain) return end.of_integer(requantised(exact, multiplier.divided_by(divisor), p.rounding));
    return end.of_integer(divided_away_from_zero(exact + divisor * from.zero_point, divisor) - to.zero_point);
  });
}

reference::Tensor looked_up(reference::Tensor t, const TensorType& from, const TensorType& to,
                            const RealFunction& function) {
  const long double lo = least(to.type);
  for (double& v : t.value) {
    const auto q = static_cast<long double>(v - from.quantization.zero_point);
    const long double real = function(static_cast<long double>(from.quantization.scale) * q);
    const long double steps =
        real / static_cast<long double>(to.quantization.scale) + static_cast<long double>(to.quantization.zero_point);
    v = static_cast<double>(std::clamp(steps, lo, lo + 255.0L));
  }
  return t;
}

}  // namespace tandem::test::int8
