// The types of the elements of tensors and weights.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// The type of an element. params.hpp lists the combinations of types that this version computes with; create() answers
/// kUnsupported for the others.
enum class DataType : std::int32_t {
  kF32 = 0,   ///< IEEE 754 binary32, `float`
  kBf16 = 1,  ///< bfloat16: the upper 16 bits of a binary32, in a std::uint16_t
  kF16 = 2,   ///< IEEE 754 binary16, in a std::uint16_t
  kU8 = 3,    ///< std::uint8_t, quantised
  kS8 = 4,    ///< std::int8_t, quantised
  kS32 = 5,   ///< std::int32_t: the bias of a quantised operator
};

/// How a quantised operator makes an integer of type dst of its exact sum s, whose real value is s * m * dst_scale with the
/// multiplier m = src_scale * weight_scale / dst_scale of its output channel:
///   q = clamp(round(s * m) + zero_point)
enum class Rounding : std::int32_t {
  /// s and m in fp32, one product in fp32, to the nearest integer, ties to even. m is computed in fp32 from left to right.
  /// The formula of ONNX Runtime and of XNNPACK.
  kNearestEven = 0,
  kTfliteSingle = 1,  ///< TFLite's fixed-point m with one rounding, half up; not supported yet
  kTfliteDouble = 2,  ///< TFLite's reference kernels: fixed-point m with two roundings; not supported yet
};

/// The name of a type as the documentation spells it, e.g. "bf16". Never null.
[[nodiscard]] TANDEM_API const char* to_string(DataType type) noexcept;

/// Bytes of an element; 0 for a value outside the enum.
[[nodiscard]] constexpr std::size_t element_bytes(DataType type) noexcept {
  switch (type) {
    case DataType::kF32:
    case DataType::kS32:
      return 4;
    case DataType::kBf16:
    case DataType::kF16:
      return 2;
    case DataType::kU8:
    case DataType::kS8:
      return 1;
  }
  return 0;
}

/// How the integers of a quantised tensor stand for real numbers: real = scale * (q - zero_point). Tensors that are not
/// quantised must keep the defaults.
struct Quantization {
  float scale = 1.0F;           ///< finite, > 0
  std::int32_t zero_point = 0;  ///< a value of the tensor's type
};

/// The type of the elements of a tensor.
struct TensorType {
  DataType type = DataType::kF32;
  Quantization quantization;

  constexpr TensorType() noexcept = default;
  constexpr TensorType(DataType t, Quantization q = {}) noexcept  // NOLINT(google-explicit-constructor)
      : type(t), quantization(q) {}
};

/// Converts `count` elements between kF32, kBf16 and kF16, rounding to nearest, ties to even; NaN stays NaN. It is one
/// scalar loop, meant for the weights, inputs and outputs of a network.
/// @param src  in, aligned to its element
/// @param dst  out, aligned to its element; may be src if a dst element is no larger than a src element
/// Returns false and writes nothing for any other type.
TANDEM_API bool convert(DataType src_type, const void* src, DataType dst_type, void* dst, std::size_t count) noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
