// The formats by their definition: a sign, `precision` bits of significand and exponents from `least` on.
#include "elements.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

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

constexpr int kDoubleFractionBits = 52;
constexpr int kDoubleBias = 1023;

/// 2^exponent, a normal number. Sweeps round millions of elements, for which std::ldexp, std::ilogb and std::nearbyint
/// are slow.
constexpr double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + kDoubleBias) << kDoubleFractionBits);
}

/// The integer nearest to x, of two the even one, with the sign of x, for |x| < 2^51: from 2^52 to 2^53 doubles are
/// integers, so that an addition rounds.
double nearest_integer(double x) {
  constexpr double kIntegers = 0x1.8p52;
  return std::copysign((x + kIntegers) - kIntegers, x);
}

/// The exponent of the last place of x, which is finite.
int last_place(const Format& f, double x) {
  const auto field = static_cast<int>(std::bit_cast<std::uint64_t>(x) >> kDoubleFractionBits & 0x7ffU);
  return std::max(field - kDoubleBias, f.least) - f.precision + 1;
}

/// The value of every half, by its bits, with the poison of a float for that of a half: large outputs are looked up.
const std::vector<float>& values_of_halves(DataType type) {
  const auto make = [](DataType of) {
    std::vector<float> values;
    for (unsigned bits = 0; bits <= 0xffffU; ++bits) values.push_back(half_value(of, static_cast<std::uint16_t>(bits)));
    values[kHalfPoison] = std::bit_cast<float>(kPoison);
    return values;
  };
  static const std::vector<float> bf16 = make(DataType::kBf16);
  static const std::vector<float> f16 = make(DataType::kF16);
  return type == DataType::kBf16 ? bf16 : f16;
}

constexpr int kHalfBits = 16;
constexpr int kFloatFractionBits = 23;
constexpr std::uint32_t kFloatFraction = 0x007fffff;
constexpr std::uint32_t kFloatInfinity = 0x7f800000;

}  // namespace

double rounded(DataType type, double x) {
  if (!std::isfinite(x)) return x;
  const Format f = format(type);
  const int place = last_place(f, x);
  const double nearest = nearest_integer(x * power_of_two(-place)) * power_of_two(place);
  return std::abs(nearest) < power_of_two(f.most + 1) ? nearest : std::copysign(HUGE_VAL, x);
}

std::vector<float> rounded(DataType type, std::vector<float> values) {
  if (type == DataType::kF32) return values;
  for (float& v : values) v = static_cast<float>(rounded(type, static_cast<double>(v)));
  return values;
}

std::uint16_t half_bits(DataType type, float x) {
  const Format f = format(type);
  const int fraction_bits = f.precision - 1;
  const unsigned special = ((1U << (kHalfBits - 1 - fraction_bits)) - 1U) << fraction_bits;
  const unsigned sign = std::signbit(x) ? 1U << (kHalfBits - 1) : 0U;
  if (std::isnan(x)) {
    const unsigned upper = (std::bit_cast<std::uint32_t>(x) & kFloatFraction) >> (kFloatFractionBits - fraction_bits);
    return static_cast<std::uint16_t>(sign | special | 1U << (fraction_bits - 1) | upper);
  }
  if (std::isinf(x)) return static_cast<std::uint16_t>(sign | special);
  const double magnitude = std::abs(static_cast<double>(x));
  const int place = last_place(f, magnitude);
  const auto significand = static_cast<unsigned>(nearest_integer(magnitude * power_of_two(-place)));
  // The implicit bit of a normal number adds one to the exponent's field, which is 0 for a denormal; so does a carry.
  const auto steps = static_cast<unsigned>(place + f.precision - 1 - f.least);
  return static_cast<std::uint16_t>(sign | std::min((steps << fraction_bits) + significand, special));
}

float half_value(DataType type, std::uint16_t bits) {
  const Format f = format(type);
  const int fraction_bits = f.precision - 1;
  const int field = (bits & 0x7fff) >> fraction_bits;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const std::uint32_t sign = std::uint32_t{bits} >> (kHalfBits - 1) << 31U;
  if (field == (1 << (kHalfBits - 1 - fraction_bits)) - 1) {  // an infinity, or a NaN
    const std::uint32_t upper = static_cast<std::uint32_t>(fraction) << (kFloatFractionBits - fraction_bits);
    return std::bit_cast<float>(sign | kFloatInfinity | upper);
  }
  const int normal = field == 0 ? 0 : 1;
  const double magnitude = std::ldexp(fraction + (normal << fraction_bits), f.least - fraction_bits + field - normal);
  return std::copysign(static_cast<float>(magnitude), std::bit_cast<float>(sign));
}

std::vector<float> floats_around_halves(DataType type) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::uint16_t infinity = half_bits(type, kInf);
  const auto value = [&](unsigned bits) { return half_value(type, static_cast<std::uint16_t>(bits)); };
  std::vector<float> floats = {kInf, std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min()};
  // The payload of some of these NaNs lies in the bits that a half has no room for.
  for (const std::uint32_t nan : {0x7f800001U, 0x7f80ffffU, 0x7fffffffU, 0x7fc00000U, 0x7fa5a5a5U}) {
    floats.push_back(std::bit_cast<float>(nan));
  }
  for (unsigned bits = 0; bits < infinity; ++bits) {
    const float low = value(bits);
    // After the largest half would come one as far away as the one before it.
    const float distance = bits + 1U < infinity ? value(bits + 1U) - low : low - value(bits - 1U);
    const float halfway = low + distance / 2;
    floats.insert(floats.end(), {low, halfway, std::nextafter(halfway, 0.0F), std::nextafter(halfway, kInf)});
  }
  for (std::size_t i = 0, count = floats.size(); i < count; ++i) floats.push_back(-floats[i]);
  return floats;
}

std::uint32_t element_bits(DataType type, float x) {
  if (type == DataType::kF32) return std::bit_cast<std::uint32_t>(x);
  if (is_quantised(type)) return static_cast<std::uint8_t>(static_cast<std::int32_t>(x));
  return half_bits(type, x);
}

float element_value(DataType type, std::uint32_t bits) {
  if (type == DataType::kF32) return std::bit_cast<float>(bits);
  if (type == DataType::kU8) return static_cast<std::uint8_t>(bits);
  if (type == DataType::kS8) return static_cast<std::int8_t>(bits);
  return half_value(type, static_cast<std::uint16_t>(bits));
}

std::uint32_t element_at(DataType type, const void* data, std::int64_t i) {
  const auto size = static_cast<std::int64_t>(element_bytes(type));
  const std::byte* from = static_cast<const std::byte*>(data) + i * size;
  if (is_quantised(type)) return static_cast<std::uint8_t>(*from);
  std::uint32_t bits = 0;
  std::uint16_t half = 0;
  if (type == DataType::kF32) {
    std::memcpy(&bits, from, sizeof(bits));
    return bits;
  }
  std::memcpy(&half, from, sizeof(half));
  return half;
}

void put_element(DataType type, void* data, std::int64_t i, std::uint32_t bits) {
  std::byte* const to = static_cast<std::byte*>(data) + i * static_cast<std::int64_t>(element_bytes(type));
  const auto half = static_cast<std::uint16_t>(bits);
  if (type == DataType::kF32) {
    std::memcpy(to, &bits, sizeof(bits));
  } else if (is_quantised(type)) {
    *to = static_cast<std::byte>(bits);
  } else {
    std::memcpy(to, &half, sizeof(half));
  }
}

void store_elements(DataType type, const std::vector<float>& values, void* memory) {
  if (type == DataType::kF32) {
    if (!values.empty()) std::memcpy(memory, values.data(), values.size() * sizeof(float));
    return;
  }
  std::int64_t i = 0;
  for (const float v : values) {
    put_element(type, memory, i++, is_poison(v) ? kHalfPoison : element_bits(type, v));
  }
}

std::vector<float> load_elements(DataType type, const void* memory, std::size_t count) {
  std::vector<float> values(count);
  if (type == DataType::kF32) {
    if (count != 0) std::memcpy(values.data(), memory, count * sizeof(float));
    return values;
  }
  std::int64_t i = 0;
  if (is_quantised(type)) {
    for (float& v : values) v = element_value(type, element_at(type, memory, i++));
    return values;
  }
  const std::vector<float>& all = values_of_halves(type);
  for (float& v : values) v = all[element_at(type, memory, i++)];
  return values;
}

std::vector<std::byte> encoded(DataType type, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * element_bytes(type));
  store_elements(type, values, bytes.data());
  return bytes;
}

}  // namespace tandem::test
