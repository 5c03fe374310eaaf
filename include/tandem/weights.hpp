// The weights of one stage: a filter with its type and layout, a bias, and the scales of a quantised filter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/data_type.hpp"
#include "tandem/span.hpp"
#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// The order of the dimensions of the caller's filter in memory, outermost first.
/// O: output channels, I: input channels (1 for depthwise), H x W: the kernel.
enum class FilterLayout : std::int32_t {
  kOihw = 0,  ///< PyTorch, ONNX. Pointwise and fully connected: [M, C].
  kOhwi = 1,  ///< TFLite convolution, also transposed. Pointwise and fully connected: [M, C].
  kHwio = 2,  ///< TensorFlow, Keras. Pointwise and fully connected: [C, M] (ONNX MatMul). Depthwise: [KH, KW, C, 1].
  k1hwc = 3,  ///< TFLite depthwise: [1, KH, KW, C]. Depthwise only.
  kIohw = 4,  ///< PyTorch, ONNX transposed convolution: [C, M/groups, KH, KW]. Transposed convolution only.
};

/// A read-only view of elements of any type. A container of floats with data() and size() converts to it.
struct ElementSpan {
  const void* data = nullptr;
  std::size_t size = 0;  ///< in elements
  DataType type = DataType::kF32;

  constexpr ElementSpan() noexcept = default;
  constexpr ElementSpan(const float* d, std::size_t n) noexcept : data(d), size(n) {}
  constexpr ElementSpan(DataType t, const void* d, std::size_t n) noexcept : data(d), size(n), type(t) {}
  template <class Container,
            class = decltype(static_cast<const float*>(static_cast<const Container*>(nullptr)->data()))>
  constexpr ElementSpan(const Container& c) noexcept  // NOLINT(google-explicit-constructor)
      : data(c.data()), size(c.size()) {}
  constexpr ElementSpan(const FloatSpan& s) noexcept  // NOLINT(google-explicit-constructor)
      : data(s.data), size(s.size) {}
};

/// The weights of one stage. create() copies and packs them; the caller may free them afterwards. A container of floats
/// converts to a filter in OIHW without a bias.
struct Weights {
  constexpr Weights() noexcept = default;
  constexpr Weights(const ElementSpan& f, FilterLayout l = FilterLayout::kOihw, const ElementSpan& b = {},
                    const FloatSpan& s = {}) noexcept  // NOLINT(google-explicit-constructor)
      : filter(f), layout(l), bias(b), scales(s) {}
  template <class Container,
            class = decltype(static_cast<const float*>(static_cast<const Container*>(nullptr)->data()))>
  constexpr Weights(const Container& c) noexcept : filter(c) {}  // NOLINT(google-explicit-constructor)

  ElementSpan filter = {};  ///< elements of the stage's weight_type
  FilterLayout layout = FilterLayout::kOihw;
  /// One value per output channel; empty: zeros. kF32; kS32, in units of src_scale * weight scale, if the filter is quantised
  ElementSpan bias = {};
  /// Of a quantised filter, each finite and > 0: one per output channel, or one for all. Else empty
  FloatSpan scales = {};
};

/// The weights of a squeeze-and-excite inside a block: {reduce, expand}.
struct SqueezeExciteWeights {
  constexpr SqueezeExciteWeights(const Weights& r, const Weights& e) noexcept : reduce(r), expand(e) {}

  Weights reduce;  ///< [R, C]
  Weights expand;  ///< [C, R]
};

}  // namespace TANDEM_ABI
}  // namespace tandem
