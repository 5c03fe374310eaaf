// What a quantised stage knows of one output channel, apart from its weights.
#pragma once

#include <cstdint>

#include "src/weights/filter.hpp"
#include "tandem/data_type.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

[[nodiscard]] inline float scale_of(const FloatSpan& scales, std::int64_t channel) noexcept {
  return scales.data[scales.size == 1 ? 0 : channel];
}

struct Int8Column {
  /// The weights' types, sizes and scales were checked, and the types of the tensors.
  Int8Column(const Weights& weights, const FilterReader& filter, const FilterSize& size, std::int64_t channel,
             const TensorType& src, const TensorType& dst) noexcept
      : multiplier(src.quantization.scale * scale_of(weights.scales, channel) / dst.quantization.scale) {
    std::int64_t magnitudes = 0;
    for (std::int64_t y = 0; y < size.h; ++y) {
      for (std::int64_t x = 0; x < size.w; ++x) {
        for (std::int64_t c = 0; c < size.in; ++c) {
          const std::int32_t w = filter.integer_at(channel, c, y, x);
          sum += w;
          magnitudes += w < 0 ? -w : w;
        }
      }
    }
    if (weights.bias.data != nullptr) bias = static_cast<const std::int32_t*>(weights.bias.data)[channel];
    most = magnitudes * 255 + (bias < 0 ? -bias : bias);
  }

  std::int64_t sum = 0;   ///< of the weights
  std::int64_t bias = 0;  ///< in units of src_scale * weight scale
  std::int64_t most = 0;  ///< no sum of products and bias is larger in magnitude: |element - zero point| is at most 255
  float multiplier;       ///< from a sum to dst
};

}  // namespace tandem::inline TANDEM_ABI::internal
