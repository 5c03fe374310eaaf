// Elements of every type that the library computes with, between memory and the floats of the tests. Scalar code of the
// tests' own, by the definition of the formats and in double: it shares nothing with the library's conversions.
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

/// The value of `type` nearest to x, of two the even one; infinite where x is beyond the largest by half a unit in the
/// last place or more. f32, bf16 and f16, as all below.
double rounded(DataType type, double x);
std::vector<float> rounded(DataType type, std::vector<float> values);

/// The bits of a half (bf16 or f16) that holds x, rounded. The poison of a float becomes that of a half and back.
std::uint16_t half_bits(DataType type, float x);
float half_value(DataType type, std::uint16_t bits);

/// Writes values as elements of `type`, rounded, from element 0 of `memory`.
void store_elements(DataType type, const std::vector<float>& values, void* memory);
std::vector<float> load_elements(DataType type, const void* memory, std::size_t count);

}  // namespace tandem::test
