// TFLite's requantisation, step by step as its kernels have it. Shares nothing with the library, which has one formula for
// several of the steps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tandem/data_type.hpp"

namespace tandem::test::int8 {

/// A multiplier as QuantizeMultiplier() makes it of a real number.
struct TfliteMultiplier {
  std::int64_t multiplier = 0;
  int shift = 0;

  explicit TfliteMultiplier(double real) {
    multiplier = static_cast<std::int64_t>(std::round(std::frexp(real, &shift) * 2147483648.0));
    if (multiplier == std::int64_t{1} << 31) {
      multiplier = std::int64_t{1} << 30;
      ++shift;
    }
    if (shift < -31) multiplier = shift = 0;
    if (shift > 30) {
      multiplier = std::numeric_limits<std::int32_t>::max();
      shift = 30;
    }
  }

  /// Of a mean of so many elements, as QuantizedMeanOrSum() makes it of the multiplier of their sum.
  [[nodiscard]] TfliteMultiplier divided_by(std::int64_t count) const {
    TfliteMultiplier mean = *this;
    int most = 0;
    while ((std::int64_t{2} << most) <= count) ++most;
    most = std::min({most, 32, 31 + shift});
    mean.multiplier = (multiplier << most) / count;
    mean.shift = shift - most;
    return mean;
  }
};

/// SaturatingRoundingDoublingHighMul() of gemmlowp: a * b / 2^31, where the division truncates.
inline std::int64_t doubling_high_product(std::int64_t a, std::int64_t b) {
  const std::int64_t product = a * b;
  const std::int64_t nudge = product >= 0 ? std::int64_t{1} << 30 : 1 - (std::int64_t{1} << 30);
  return (product + nudge) / (std::int64_t{1} << 31);
}

/// RoundingDivideByPOT() of gemmlowp: the remainder of the division decides.
inline std::int64_t divided_by_power(std::int64_t v, int exponent) {
  const std::int64_t mask = (std::int64_t{1} << exponent) - 1;
  const std::int64_t threshold = (mask >> 1) + (v < 0 ? 1 : 0);
  return (v >> exponent) + ((v & mask) > threshold ? 1 : 0);
}

/// MultiplyByQuantizedMultiplier() with one rounding, or with two.
inline std::int64_t requantised(std::int64_t sum, const TfliteMultiplier& m, Rounding rounding) {
  if (rounding == Rounding::kTfliteSingle) {
    const int shift = 31 - m.shift;
    return (sum * m.multiplier + (std::int64_t{1} << (shift - 1))) >> shift;
  }
  using Limits = std::numeric_limits<std::int32_t>;
  const std::int64_t shifted = sum * (std::int64_t{1} << std::max(m.shift, 0));
  const std::int64_t saturated = std::clamp<std::int64_t>(shifted, Limits::min(), Limits::max());
  return divided_by_power(doubling_high_product(saturated, m.multiplier), std::max(-m.shift, 0));
}
inline std::int64_t requantised(std::int64_t sum, double real, Rounding rounding) {
  return requantised(sum, TfliteMultiplier(real), rounding);
}

/// The quotient of AveragePool() of TFLite's reference kernels.
inline std::int64_t divided_away_from_zero(std::int64_t sum, std::int64_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

/// ADD and SUB of TFLite: operands less their zero points come to a common scale of 20 more bits, and the result to that of dst.
struct TfliteSum {
  TfliteSum(const TensorType& a, const TensorType& b, const TensorType& dst, Rounding rounded)
      : twice_the_most(2.0 * static_cast<double>(std::max(a.quantization.scale, b.quantization.scale))),
        dst_scale(static_cast<double>(dst.quantization.scale)),
        rounding(rounded) {}

  [[nodiscard]] std::int64_t operand(std::int64_t steps, const TensorType& type) const {
    return requantised(steps * (1 << 20), static_cast<double>(type.quantization.scale) / twice_the_most, rounding);
  }
  [[nodiscard]] std::int64_t result(std::int64_t sum) const {
    return requantised(sum, twice_the_most / (1048576.0 * dst_scale), rounding);
  }

  double twice_the_most;
  double dst_scale;
  Rounding rounding;
};

}  // namespace tandem::test::int8
