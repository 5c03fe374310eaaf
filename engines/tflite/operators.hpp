// The translation of each TFLite operator into the operators of the graph library.
#pragma once

#include <span>

#include "engines/tflite/node_reader.hpp"

namespace tandem_tflite {

/// An operator that Tandem may take. `translate` adds nodes that write the outputs of the reader's node, or throws
/// Unsupported.
struct Translation {
  int builtin_code = 0;
  void (*translate)(const NodeReader& node) = nullptr;
};

std::span<const Translation> weight_translations() noexcept;   ///< convolutions and matrix products
std::span<const Translation> image_translations() noexcept;    ///< pooling and resizing
std::span<const Translation> element_translations() noexcept;  ///< element by element
std::span<const Translation> shape_translations() noexcept;    ///< what moves elements

/// Translates a node; throws Unsupported.
void translate(int builtin_code, const NodeReader& node);

}  // namespace tandem_tflite
