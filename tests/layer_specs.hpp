// Networks for the tests of examples/network.
#pragma once

#include <vector>

#include "network/layer_spec.hpp"

namespace tandem::test {

network::LayerSpec layer(const char* name, network::Op op, std::int32_t in, std::int32_t out,
                         const Activation& activation = {});

/// Five layers: every activation that is not a clamp becomes a table, and one residual spans two layers, a block between.
std::vector<network::LayerSpec> branched();

/// As MobileNet V3: blocks of all sorts with a squeeze-and-excite, and one alone after a hard-swish.
std::vector<network::LayerSpec> squeezed();

/// The root of the mean squared difference, in parts of the root of the mean square.
double relative_error(const std::vector<float>& got, const std::vector<float>& expected);

}  // namespace tandem::test
