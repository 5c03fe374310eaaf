// The elements of a sparse constant, zeros included: the operator DENSIFY.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstddef>
#include <vector>

namespace tandem_tflite {

/// @param tensor         a constant with sparsity, as TFLite's schema describes it (SparsityParameters)
/// @param element_bytes  size of an element
/// @return the dense elements in row-major order; empty if the description is damaged or of a kind that is not known
std::vector<std::byte> densify(const TfLiteTensor& tensor, std::size_t element_bytes);

}  // namespace tandem_tflite
