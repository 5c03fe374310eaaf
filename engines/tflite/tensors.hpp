// Small accessors to TFLite's C structs, for readers.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem_tflite {

inline std::span<const int> view(const TfLiteIntArray* array) noexcept {
  return array == nullptr ? std::span<const int>() : std::span(array->data, static_cast<std::size_t>(array->size));
}

/// True if the index is one of the context's tensors; an optional tensor that is not there has the index -1.
inline bool has_tensor(const TfLiteContext& context, int index) noexcept {
  return index >= 0 && static_cast<std::size_t>(index) < context.tensors_size;
}

/// The name that the model gives a tensor, or "".
inline const char* name_of(const TfLiteTensor& tensor) noexcept { return tensor.name == nullptr ? "" : tensor.name; }

/// A tensor whose elements are part of the model's file, and are at hand.
inline bool is_stored(const TfLiteTensor& tensor) noexcept {
  return tensor.allocation_type == kTfLiteMmapRo && tensor.data.raw_const != nullptr && !tensor.is_variable;
}

/// The product of the sizes, or -1 if one is negative or the product is too large for an int64.
inline std::int64_t element_count(const TfLiteTensor& tensor) noexcept {
  std::int64_t count = 1;
  for (const int size : view(tensor.dims)) {
    if (size < 0 || __builtin_mul_overflow(count, size, &count)) return -1;
  }
  return count;
}

}  // namespace tandem_tflite
