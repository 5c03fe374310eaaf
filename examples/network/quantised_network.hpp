// From an fp32 network to the same network on tensors of u8, as data:
//
//   LayerSpecs + ranges --quantise()--> LayerSpecs + LayerTypes --Network::create()--> Network
//
// The ranges come from a Calibrator. Network::create() quantises the weights, with a scale for each output channel.
#pragma once

#include <vector>

#include "network/calibration.hpp"
#include "network/layer_types.hpp"
#include "network/network.hpp"

namespace network {

/// The quantisation of a tensor of u8 whose values lie in `range`:
///   scale = (greatest - least) / 255, zero_point = round(-least / scale)
/// So zero is exact, and the ends of the range are at most half a step from a value of the tensor. A range without extent
/// has the scale 1.
[[nodiscard]] tandem::Quantization quantization_of(const Range& range) noexcept;

struct QuantisedNetwork {
  std::vector<LayerSpec> specs;
  std::vector<LayerTypes> types;  ///< of each layer
};

/// The layers of split_layers() on tensors of u8. Input and output of the network stay fp32: a layer that quantises the input
/// comes first; the last layer yields fp32 from its exact sums, or, where it has no weights, a layer that dequantises follows.
/// @param ranges  of Calibrator::ranges() for the same specs
/// Errors: kInvalidArgument if the ranges are not as many as the tensors.
[[nodiscard]] tandem::Result<QuantisedNetwork> quantise(const std::vector<LayerSpec>& specs,
                                                        const std::vector<Range>& ranges);

}  // namespace network
