// A quantised network as a file, from which Python writes the same network for other engines.
#pragma once

#include <string>

#include "network/layer_weights.hpp"
#include "network/quantised_network.hpp"

namespace tandem::bench::peers {

/// Writes a safetensors file (see classify/safetensors.hpp, with more element types):
///   metadata "tandem.quantised": {name of a layer: {"type", "scale", "zero_point"} of its output, ...}, in order
///   tensors, of each layer with weights, all of one dimension:
///     <layer>.weight  I8, in the layout of the fp32 weights     <layer>.scales  F32, by output channel
///     <layer>.bias    I32, in units of the scale of src times that of the channel
/// @param network  of layers that are one stage each, as quantise() yields it
/// @param weights  the fp32 weights
/// Throws std::runtime_error if weights are missing or cannot be quantised, and if the file cannot be written.
void write_quantised(const network::QuantisedNetwork& network, const network::WeightSource& weights,
                     const std::string& path);

}  // namespace tandem::bench::peers
