// From the fp32 weights of a layer to those of its quantised form.
#pragma once

#include <cstdint>

#include "tandem/status.hpp"
#include "tandem/version.hpp"
#include "tandem/weights.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// Quantises a filter to s8, symmetrically, with a scale for each output channel, and its bias to s32, as TFLite's 8-bit
/// quantization specification and ONNX Runtime's quantiser for weights of s8 do:
///   scales[m] = max(max |f[m, ...]| / 127, |b[m]| / (src_scale * 2^30)), or 1 if both are 0
///   filter[m, ...] = round(f[m, ...] / scales[m])              in [-127, 127]
///   bias[m] = round(b[m] / (src_scale * scales[m]))
/// Integers are rounded to the nearest, ties to even. Each line is computed in double; a scale is rounded to fp32 before it is
/// used, and is at least 2^-126, the smallest normal number. The second term counts where the weights are next to nothing
/// beside the bias, as batch normalisation leaves the weights of a channel that it has switched off: they become 0, and the
/// bias still fits into 32 bits and keeps all its own.
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
/// No output may overlap anything else. On error nothing is written. Errors:
/// - kInvalidArgument with the offending count, channel or value: null, mismatched sizes, a weight that is not finite, src_scale;
/// - kUnsupported if the filter or the bias is not kF32, and for kIohw;
/// - kOutOfRange with the channel if |bias[m]| + 255 * sum |filter[m, ...]| is 2^31 or more, which create() refuses as well. It
///   takes more than 33,000 weights to each output.
TANDEM_API Status quantize_weights(const Weights& weights, std::int32_t out_channels, float src_scale,
                                   std::int8_t* filter, float* scales, std::int32_t* bias) noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
