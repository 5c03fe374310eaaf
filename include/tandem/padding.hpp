// How far a kernel reaches beyond the border of its input, and the output size that follows.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// Padding adds nothing to a sum: it counts as zero.
struct Padding {
  enum class Mode : std::int32_t {
    kExplicit = 0,   ///< the four sides below, as PyTorch and ONNX give them
    kSameUpper = 1,  ///< output = ceil(input / stride), the odd element goes to bottom/right (TensorFlow SAME)
    kSameLower = 2,  ///< the same size, the odd element goes to top/left (ONNX SAME_LOWER)
  };

  Mode mode = Mode::kExplicit;
  std::int32_t top = 0;     ///< rows above, >= 0; read for kExplicit only, like the other three
  std::int32_t bottom = 0;  ///< rows below, >= 0
  std::int32_t left = 0;    ///< columns before, >= 0
  std::int32_t right = 0;   ///< columns after, >= 0

  /// No padding (TensorFlow VALID).
  static constexpr Padding valid() noexcept { return {}; }
  /// TensorFlow SAME / ONNX SAME_UPPER: depends on the input size, so it is resolved by plan().
  static constexpr Padding same() noexcept { return {Mode::kSameUpper, 0, 0, 0, 0}; }
  /// ONNX SAME_LOWER.
  static constexpr Padding same_lower() noexcept { return {Mode::kSameLower, 0, 0, 0, 0}; }
  /// The same amount on all four sides (PyTorch `padding=p`).
  static constexpr Padding uniform(std::int32_t p) noexcept { return {Mode::kExplicit, p, p, p, p}; }
  /// Per side.
  static constexpr Padding explicit_sides(std::int32_t top, std::int32_t bottom, std::int32_t left,
                                          std::int32_t right) noexcept {
    return {Mode::kExplicit, top, bottom, left, right};
  }
};

}  // namespace TANDEM_ABI
}  // namespace tandem
