// The quantised form of a layer of the benchmarks: tensors of u8, weights of s8 with a scale for each output channel.
#pragma once

#include "network/make_operator.hpp"

namespace tandem::bench {

/// Whether this version has one: for convolutions that are not transposed and fully connected layers, without a residual,
/// and with no activation but a clamp. Blocks have none yet.
[[nodiscard]] bool has_quantised_form(const network::LayerSpec& spec) noexcept;

/// Quantises the fp32 weights of the source. All tensors have the same scale and zero point: any will do for random values.
[[nodiscard]] Result<Operator> make_quantised(const network::LayerSpec& spec, const network::WeightSource& weights,
                                              const CreateOptions& options);

}  // namespace tandem::bench
