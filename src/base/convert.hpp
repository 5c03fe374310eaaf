// Converts one element between its type in memory and fp32.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/floating_point.hpp"
#include "tandem/data_type.hpp"

namespace tandem::inline TANDEM_ABI::internal {

inline float bf16_to_f32(std::uint16_t h) noexcept { return std::bit_cast<float>(std::uint32_t{h} << 16U); }

/// To nearest, ties to even; NaN stays NaN.
inline std::uint16_t f32_to_bf16(float v) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  if (std::isnan(v)) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

inline float f16_to_f32(std::uint16_t h) noexcept {
  const bool negative = (h & 0x8000U) != 0;
  const int exponent = (h >> 10U) & 0x1f;
  const auto fraction = static_cast<std::uint32_t>(h & 0x3ffU);
  float magnitude = 0.0F;
  if (exponent == 0x1f) {
    magnitude = std::bit_cast<float>(0x7f800000U | fraction << 13U);
  } else if (exponent == 0) {
    magnitude = static_cast<float>(fraction) * 0x1p-24F;
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction | 0x400U), exponent - 25);
  }
  return negative ? -magnitude : magnitude;
}

inline std::uint16_t f32_to_f16(float v) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  const auto sign = static_cast<std::uint16_t>(bits >> 16U & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U | (magnitude >> 13U & 0x3ffU));
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);  // from 65520 on infinity
  if (magnitude < 0x38800000U) {  // below 2^-14: a multiple of 2^-24, rounded
    const float rounded = std::nearbyint(std::bit_cast<float>(magnitude) * 0x1p24F);
    return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(rounded));
  }
  const std::uint32_t rounded = magnitude - (112U << 23U) + 0xfffU + (magnitude >> 13U & 1U);
  return static_cast<std::uint16_t>(sign | rounded >> 13U);
}

/// Element i of a quantised filter: of kS8, or of kU8 with zero point 128.
inline std::int32_t load_integer(DataType type, const void* data, std::size_t i) noexcept {
  if (type == DataType::kS8) return static_cast<const std::int8_t*>(data)[i];
  return static_cast<const std::uint8_t*>(data)[i] - 128;
}

/// Element i of an array of `type`, which is kF32, kBf16 or kF16.
inline float load_element(DataType type, const void* data, std::size_t i) noexcept {
  if (type == DataType::kF32) return static_cast<const float*>(data)[i];
  const std::uint16_t bits = static_cast<const std::uint16_t*>(data)[i];
  return type == DataType::kBf16 ? bf16_to_f32(bits) : f16_to_f32(bits);
}
inline void store_element(DataType type, void* data, std::size_t i, float v) noexcept {
  if (type == DataType::kF32) {
    static_cast<float*>(data)[i] = v;
  } else {
    static_cast<std::uint16_t*>(data)[i] = type == DataType::kBf16 ? f32_to_bf16(v) : f32_to_f16(v);
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
