// From the layers of a quantised network to its blocks: what split_layers() took apart for the calibration becomes one operator
// again, which keeps its tensors in the cache.
#pragma once

#include "network/quantised_network.hpp"

namespace network {

/// Joins the steps of each squeeze-and-excite, and the stages of each separable block and of each inverted residual, with the
/// squeeze-and-excite among them and the addition of its own input, where all of them are quantised. The result has the bits of
/// the given network.
[[nodiscard]] QuantisedNetwork join_blocks(const QuantisedNetwork& network);

}  // namespace network
