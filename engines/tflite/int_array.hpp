// TFLite's arrays of integers. TFLite makes them by malloc() and frees them by free(); a delegate does the same, since it
// cannot call into the interpreter's library.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace tandem_tflite {

struct FreeArray {
  void operator()(TfLiteIntArray* array) const noexcept { std::free(array); }
};
using IntArray = std::unique_ptr<TfLiteIntArray, FreeArray>;

/// Throws std::bad_alloc.
inline IntArray to_array(const std::vector<int>& numbers) {
  auto* const array = static_cast<TfLiteIntArray*>(std::malloc(sizeof(int) * (numbers.size() + 1)));
  if (array == nullptr) throw std::bad_alloc();
  array->size = static_cast<int>(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) array->data[i] = numbers[i];
  return IntArray(array);
}

}  // namespace tandem_tflite
