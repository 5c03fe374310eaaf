// How every quantised formula ends. Shares nothing with the library.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tandem/activation.hpp"
#include "tandem/data_type.hpp"

namespace tandem::test::int8 {

/// The least integer of a type of 8 bits; the greatest is 255 more.
constexpr std::int32_t least(DataType type) { return type == DataType::kU8 ? 0 : -128; }

/// A number of steps of the scale of dst becomes the nearest integer, of two the even one; the zero point is added; the
/// activation, a clamp, and the type bound it. TFLite's roundings take the bound that is farther from zero.
class QuantisedEnd {
 public:
  explicit QuantisedEnd(const TensorType& dst, const Activation& clamp = {}, Rounding rounding = Rounding::kNearestEven)
      : zero_point_(dst.quantization.zero_point), lo_(least(dst.type)), hi_(lo_ + 255.0) {
    const bool tflite = rounding != Rounding::kNearestEven;
    const auto bound = [&](float real) {
      const float steps = real / dst.quantization.scale;
      return of(tflite && std::isfinite(steps) ? std::round(steps) : steps);
    };
    const double lo = bound(clamp.lo);
    hi_ = bound(clamp.hi);
    lo_ = lo;
  }

  /// NaN becomes the least integer.
  [[nodiscard]] double of(float steps) const {
    return std::isnan(steps) ? lo_ : std::clamp(static_cast<double>(std::nearbyint(steps)) + zero_point_, lo_, hi_);
  }
  [[nodiscard]] double of_integer(std::int64_t steps) const {
    return std::clamp(static_cast<double>(steps) + zero_point_, lo_, hi_);
  }

 private:
  std::int32_t zero_point_;
  double lo_;
  double hi_;
};

}  // namespace tandem::test::int8
