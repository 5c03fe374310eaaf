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

/// How a quantised operator with weights makes an integer of type dst of its exact sum s, whose real value is
/// s * m * dst_scale with the multiplier m = src_scale * weight_scale / dst_scale of its output channel:
///   q = clamp(round(s * m) + zero_point)
/// An output of fp32 is not rounded to an integer: it is s * m in fp32 for all of them.
///
/// TFLite's m is computed in double from left to right, and becomes the nearest M / 2^31 * 2^shift, 2^30 <= M < 2^31. What
/// is less than 2^-32 becomes 0. Where TFLite's kernels take one scale of weights only, in fully_connected() and for tensors
/// of u8, and one is given, they multiply it by src_scale in fp32. The bounds of an activation are rounded half away from
/// zero. TFLite leaves s << shift undefined where it exceeds 32 bits; here it saturates. The formulas are those of
/// MultiplyByQuantizedMultiplier and QuantizeMultiplier in tensorflow/lite/kernels/internal, and of
/// PopulateConvolutionQuantizationParams in kernel_util.cc.
enum class Rounding : std::int32_t {
  /// s and m in fp32, one product in fp32, to the nearest integer, ties to even. m is computed in fp32 from left to right.
  /// The formula of ONNX Runtime and of XNNPACK.
  kNearestEven = 0,
  /// TFLite's m with one rounding, half up: (s * M + 2^(30 - shift)) >> (31 - shift). TFLite built with
  /// TFLITE_SINGLE_ROUNDING.
  kTfliteSingle = 1,
  /// TFLite's m with two roundings: a = s * 2^max(shift, 0) * M / 2^31, half up; then a / 2^max(-shift, 0), half away from
  /// zero. TFLite's reference kernels.
  kTfliteDouble = 2,
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
