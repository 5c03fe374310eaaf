// From the fp32 weights of a layer to those of its quantised form.
#pragma once

#include <cstdint>

#include "tandem/status.hpp"
#include "tandem/version.hpp"
#include "tandem/weights.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// Quantises a filter to s8 with a scale per output channel, symmetrically, and the bias to s32 (TFLite's 8-bit
/// quantization specification, and ONNX Runtime's for weights of s8):
///   scales[m] = max |f[m, ...]| / 127
///   filter[m, ...] = round(f[m, ...] / scales[m])              in [-127, 127]
///   bias[m] = round(b[m] / (src_scale * scales[m]))
/// to the nearest integer, ties to even. Each line is computed in double; scales are rounded to fp32 before they are used.
/// A scale is at least 2^-126, the smallest normal number. In a channel of zeros any scale is right for the filter: it is 1
/// without a bias, else |b[m]| / (src_scale * 2^24), within the normal numbers, so that bias[m] keeps all bits of b[m].
///
/// The result is for tensors of u8 or s8 with any zero point: Weights{{DataType::kS8, filter, n}, layout, {DataType::kS32,
/// bias, out_channels}, {scales, out_channels}}. Fold a batch normalisation first (batch_norm.hpp).
///
/// @param weights      in, kF32, all finite. The filter has `weights.filter.size` elements, a multiple of out_channels, in any
///                     FilterLayout but kIohw. The bias is empty (zeros) or [out_channels]. No scales
/// @param out_channels >= 1; for a depthwise filter the number of its channels times its multiplier
/// @param src_scale    finite, > 0: Quantization::scale of the layer's src_type
/// @param filter       out, as many elements as the filter, in its layout
/// @param scales       out, [out_channels], each finite and > 0
/// @param bias         out, [out_channels]; zeros for an empty bias
/// No out may overlap anything else. Errors: kInvalidArgument with the offending count, channel or value (null, mismatched
/// sizes, a weight that is not finite, src_scale), kUnsupported if the filter or the bias is not kF32 and for kIohw,
/// kOutOfRange naming the channel if |bias[m]| + 255 * sum |filter[m, ...]| is 2^31 or more, which create() refuses, too: the
/// weights of such a channel are so small beside its bias that they may as well be 0. On error nothing is written.
TANDEM_API Status quantize_weights(const Weights& weights, std::int32_t out_channels, float src_scale,
                                   std::int8_t* filter, float* scales, std::int32_t* bias) noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
