// Elements of 16 bits as the tests understand them: by arithmetic in double, which shares no code with the library.
//
// bits = (exponent - lowest) * 2^F + quotient, where the quotient counts units in the last place of F fraction bits.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tandem/data_type.hpp"

namespace tandem::test {

struct HalfFormat {
  int fraction_bits;
  int lowest;  // exponent of the smallest normal number
  std::uint32_t infinity;
};
inline HalfFormat half_format(DataType type) {
  return type == DataType::kBf16 ? HalfFormat{7, -126, 0x7f80} : HalfFormat{10, -14, 0x7c00};
}

/// The nearest element, ties to even. A NaN keeps its sign and its upper bits, and becomes quiet.
inline std::uint16_t round_to_half(DataType type, float v) {
  const HalfFormat f = half_format(type);
  const std::uint32_t sign = std::signbit(v) ? 0x8000U : 0U;
  const double magnitude = std::fabs(static_cast<double>(v));
  std::uint32_t bits = f.infinity;
  if (std::isnan(v)) {
    const std::uint32_t payload = std::bit_cast<std::uint32_t>(v) & 0x007fffffU;
    bits |= 1U << (f.fraction_bits - 1) | payload >> (23 - f.fraction_bits);
  } else if (magnitude == 0.0) {
    bits = 0;
  } else if (!std::isinf(v)) {
    const int exponent = std::max(std::ilogb(magnitude), f.lowest);
    const double quotient = std::nearbyint(std::ldexp(magnitude, f.fraction_bits - exponent));
    bits = (static_cast<std::uint32_t>(exponent - f.lowest) << f.fraction_bits) + static_cast<std::uint32_t>(quotient);
    if (bits > f.infinity) bits = f.infinity;
  }
  return static_cast<std::uint16_t>(sign | bits);
}

inline float widen_half(DataType type, std::uint16_t half) {
  const HalfFormat f = half_format(type);
  const std::uint32_t magnitude = half & 0x7fffU;
  const std::uint32_t fraction = magnitude & ((1U << f.fraction_bits) - 1U);
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  if (magnitude > f.infinity) {
    return std::bit_cast<float>(sign | 0x7f800000U | fraction << (23 - f.fraction_bits));
  }
  if (magnitude == f.infinity) return std::bit_cast<float>(sign | 0x7f800000U);
  const int exponent = static_cast<int>(magnitude >> f.fraction_bits);
  const double quotient = exponent == 0 ? fraction : fraction + std::ldexp(1.0, f.fraction_bits);
  const int unit = (exponent == 0 ? f.lowest : f.lowest + exponent - 1) - f.fraction_bits;
  return std::copysign(static_cast<float>(std::ldexp(quotient, unit)), std::bit_cast<float>(sign));
}

/// The bits of the element nearest to v.
inline std::uint32_t element_bits(DataType type, float v) {
  return type == DataType::kF32 ? std::bit_cast<std::uint32_t>(v) : round_to_half(type, v);
}

/// The bits of element i.
inline std::uint32_t element_at(DataType type, const void* data, std::int64_t i) {
  if (type == DataType::kF32) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, static_cast<const std::byte*>(data) + i * 4, 4);
    return bits;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, static_cast<const std::byte*>(data) + i * 2, 2);
  return bits;
}
inline float element_value(DataType type, std::uint32_t bits) {
  return type == DataType::kF32 ? std::bit_cast<float>(bits) : widen_half(type, static_cast<std::uint16_t>(bits));
}
inline void put_element(DataType type, void* data, std::int64_t i, std::uint32_t bits) {
  const auto size = static_cast<std::int64_t>(element_bytes(type));
  const auto half = static_cast<std::uint16_t>(bits);
  const void* from = type == DataType::kF32 ? static_cast<const void*>(&bits) : &half;
  std::memcpy(static_cast<std::byte*>(data) + i * size, from, static_cast<std::size_t>(size));
}

/// Values as they lie in memory, each rounded to the type.
inline std::vector<std::byte> encoded(DataType type, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * element_bytes(type));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);  // poison stays poison: its halves are alike
    const std::uint32_t element =
        is_poison(values[i]) ? bits & (type == DataType::kF32 ? ~0U : 0xffffU) : element_bits(type, values[i]);
    put_element(type, bytes.data(), static_cast<std::int64_t>(i), element);
  }
  return bytes;
}

}  // namespace tandem::test
