// Folding a batch normalisation into the convolution before it.
#pragma once

#include <cstdint>

#include "tandem/span.hpp"
#include "tandem/status.hpp"
#include "tandem/version.hpp"
#include "tandem/weights.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// The four vectors of a batch normalisation in inference, with one value per output channel, and its epsilon:
///   y = gamma * (x - mean) / sqrt(variance + epsilon) + beta   (Ioffe and Szegedy, arXiv:1502.03167)
struct BatchNorm {
  FloatSpan gamma;  ///< scale; empty: ones
  FloatSpan beta;   ///< shift; empty: zeros
  FloatSpan mean;
  FloatSpan variance;  ///< >= 0
  float epsilon = 1e-5F;
};

/// Scales a filter and a bias so that the convolution alone gives the output of convolution and batch normalisation:
///   f'[m, ...] = f[m, ...] * s[m],  bias'[m] = (bias[m] - mean[m]) * s[m] + beta[m],  s = gamma / sqrt(variance + eps)
/// computed in double and rounded once.
/// @param weights       in, kF32. The filter has `weights.filter.size` elements, a multiple of out_channels, in any
///                      FilterLayout but kIohw. The bias is empty (zeros) or [out_channels].
/// @param out_channels  >= 1; for a depthwise filter the number of its channels
/// @param folded_filter out, as many elements as the filter, in its layout; may be the filter's own memory
/// @param folded_bias   out, [out_channels]; may be the bias's own memory
/// Errors: kInvalidArgument with the offending count or value (null, mismatched sizes, variance + epsilon <= 0 or NaN),
/// kUnsupported if the filter or the bias is not kF32 and for kIohw. On error nothing is written.
TANDEM_API Status fold_batch_norm(const BatchNorm& norm, std::int32_t out_channels, const Weights& weights,
                                  float* folded_filter, float* folded_bias) noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
