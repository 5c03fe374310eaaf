// The formats by their definition: a sign, `precision` bits of significand and exponents from `least` on.
#include "elements.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "guarded_buffer.hpp"

namespace tandem::test {
namespace {

struct Format {
  int precision;  // bits of a significand, the implicit one included
  int least;      // exponent of the smallest normal number
  int most;       // exponent of the largest number
};

Format format(DataType type) {
  switch (type) {
    case DataType::kBf16:
      return {8, -126, 127};
    case DataType::kF16:
      return {11, -14, 15};
    default:
      return {24, -126, 127};
  }
}

/// The exponent of the last place of x, which is finite.
int last_place(const Format& f, double x) {
  const int exponent = x == 0.0 ? f.least : std::max(std::ilogb(x), f.least);
  return exponent - f.precision + 1;
}

constexpr int kHalfBits = 16;

}  // namespace

double rounded(DataType type, double x) {
  if (!std::isfinite(x)) return x;
  const Format f = format(type);
  const int place = last_place(f, x);
  const double nearest = std::ldexp(std::nearbyint(std::ldexp(x, -place)), place);
  return std::abs(nearest) < std::ldexp(1.0, f.most + 1) ? nearest : std::copysign(HUGE_VAL, x);
}

std::vector<float> rounded(DataType type, std::vector<float> values) {
  if (type == DataType::kF32) return values;
  for (float& v : values) v = static_cast<float>(rounded(type, static_cast<double>(v)));
  return values;
}

std::uint16_t half_bits(DataType type, float x) {
  if (is_poison(x)) return kHalfPoison;
  const Format f = format(type);
  const int fraction_bits = f.precision - 1;
  const unsigned special = ((1U << (kHalfBits - 1 - fraction_bits)) - 1U) << fraction_bits;
  const unsigned sign = std::signbit(x) ? 1U << (kHalfBits - 1) : 0U;
  const double magnitude = std::abs(rounded(type, static_cast<double>(x)));
  if (std::isnan(magnitude)) return static_cast<std::uint16_t>(sign | special | 1U << (fraction_bits - 1));
  if (std::isinf(magnitude)) return static_cast<std::uint16_t>(sign | special);
  const int place = last_place(f, magnitude);
  const auto significand = static_cast<unsigned>(std::ldexp(magnitude, -place));
  // The implicit bit of a normal number adds one to the exponent's field, which is 0 for a denormal.
  const auto steps = static_cast<unsigned>(place + f.precision - 1 - f.least);
  return static_cast<std::uint16_t>(sign | ((steps << fraction_bits) + significand));
}

float half_value(DataType type, std::uint16_t bits) {
  if (bits == kHalfPoison) return std::bit_cast<float>(kPoison);
  const Format f = format(type);
  const int fraction_bits = f.precision - 1;
  const double sign = (bits >> (kHalfBits - 1)) != 0 ? -1.0 : 1.0;
  const int field = (bits & 0x7fff) >> fraction_bits;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  double magnitude = 0.0;
  if (field == (1 << (kHalfBits - 1 - fraction_bits)) - 1) {
    magnitude = fraction == 0 ? HUGE_VAL : std::nan("");
  } else {
    const int normal = field == 0 ? 0 : 1;
    magnitude = std::ldexp(fraction + (normal << fraction_bits), f.least - fraction_bits + field - normal);
  }
  return static_cast<float>(sign * magnitude);
}

void store_elements(DataType type, const std::vector<float>& values, void* memory) {
  const std::size_t bytes = element_bytes(type);
  auto* to = static_cast<std::byte*>(memory);
  for (const float v : values) {
    const std::uint16_t half = type == DataType::kF32 ? std::uint16_t{0} : half_bits(type, v);
    std::memcpy(to, type == DataType::kF32 ? static_cast<const void*>(&v) : &half, bytes);
    to += bytes;
  }
}

std::vector<float> load_elements(DataType type, const void* memory, std::size_t count) {
  std::vector<float> values(count);
  if (type == DataType::kF32) {
    if (count != 0) std::memcpy(values.data(), memory, count * sizeof(float));
    return values;
  }
  const auto* from = static_cast<const std::byte*>(memory);
  for (float& v : values) {
    std::uint16_t half = 0;
    std::memcpy(&half, from, sizeof(half));
    v = half_value(type, half);
    from += sizeof(half);
  }
  return values;
}

}  // namespace tandem::test
