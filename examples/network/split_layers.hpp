// A network as layers that can be quantised one by one.
//
//   inverted residual with shortcut -> pointwise, depthwise, pointwise, addition
//   convolution with hard-swish     -> convolution, activation
//   squeeze-and-excite              -> mean, two fully connected layers, their activations, multiplication
#pragma once

#include <vector>

#include "network/layer_spec.hpp"

namespace network {

/// The same network stage by stage (see unfuse()), and each residual an addition, each activation that is no clamp a layer of
/// its own, after the layer that had them. A clamp stays with its layer or goes to the addition. Weights keep their names; an
/// addition is called `<layer>.add`, an activation `<layer>.activation`. A squeeze-and-excite becomes its steps, `<layer>.mean`,
/// `<layer>.reduce`, `<layer>.expand` and `<layer>.multiply`. Shortcuts still connect the same tensors.
[[nodiscard]] std::vector<LayerSpec> split_layers(const std::vector<LayerSpec>& specs);

}  // namespace network
