// The quantised form of a layer of the benchmarks: tensors of u8, weights of s8 with a scale for each output channel.
#pragma once

#include "network/make_operator.hpp"

namespace tandem::bench {

/// Of a layer for which network::has_quantised_form() holds. All tensors have one scale and one zero point: for random
/// values any will do.
[[nodiscard]] inline Result<Operator> make_quantised(const network::LayerSpec& spec,
                                                     const network::WeightSource& weights,
                                                     const CreateOptions& options) {
  const TensorType tensors(DataType::kU8, {0.02F, 128});
  const network::LayerTypes types = {tensors,       tensors, tensors,
                                     DataType::kS8, tensors, tensors,
                                     tensors,       tensors, {tensors, tensors, tensors, tensors, tensors}};
  return network::make_operator(spec, weights, types, options);
}

}  // namespace tandem::bench
