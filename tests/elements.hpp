// Elements of every type that the library computes with, between memory and the floats of the tests. Scalar code of the
// tests' own, by the definition of the formats and in double: it shares nothing with the library's conversions. The float
// of a quantised element is its integer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tandem/data_type.hpp"

namespace tandem::test {

/// The types of an operator that exist: those of its tensors and of its weights.
struct TypePair {
  DataType tensors;
  DataType weights;
};
inline constexpr TypePair kTypePairs[] = {{DataType::kF32, DataType::kF32},
                                          {DataType::kF32, DataType::kBf16},
                                          {DataType::kBf16, DataType::kBf16},
                                          {DataType::kF16, DataType::kF16}};

/// The types of the tensors of an operator; the residual has that of dst.
struct TensorTypes {
  DataType src;
  DataType dst;
  constexpr TensorTypes(DataType both) noexcept : src(both), dst(both) {}  // NOLINT(google-explicit-constructor)
  constexpr TensorTypes(DataType s, DataType d) noexcept : src(s), dst(d) {}
};

constexpr bool is_quantised(DataType type) { return type == DataType::kU8 || type == DataType::kS8; }

/// The value of `type` nearest to x, of two the even one; infinite where x is beyond the largest by half a unit in the
/// last place or more. f32, bf16 and f16, as all below.
double rounded(DataType type, double x);
std::vector<float> rounded(DataType type, std::vector<float> values);

/// The bits of the half (bf16 or f16) nearest to x. A NaN keeps its sign and its upper bits, and becomes quiet.
std::uint16_t half_bits(DataType type, float x);
/// The value of a half. A NaN keeps all its bits.
float half_value(DataType type, std::uint16_t bits);

/// Floats whose nearest half is hard to tell, of both signs: each half, the float halfway to the next one, the floats
/// before and after that; where numbers become infinite; infinities, NaNs and the smallest denormal float.
std::vector<float> floats_around_halves(DataType type);

/// The bits and the value of an element of any type; a half and a byte have the lower bits.
std::uint32_t element_bits(DataType type, float x);
float element_value(DataType type, std::uint32_t bits);

/// The bits of element i of an array.
std::uint32_t element_at(DataType type, const void* data, std::int64_t i);
void put_element(DataType type, void* data, std::int64_t i, std::uint32_t bits);

/// Writes values as elements of `type`, rounded, from element 0 of `memory`. The poison of a float becomes that of a
/// half, and back; in bytes it is an integer like others.
void store_elements(DataType type, const std::vector<float>& values, void* memory);
std::vector<float> load_elements(DataType type, const void* memory, std::size_t count);
/// The elements in memory of their own.
std::vector<std::byte> encoded(DataType type, const std::vector<float>& values);

}  // namespace tandem::test
