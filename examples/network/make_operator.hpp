// From one LayerSpec and its tensors to the Operator that computes it.
#pragma once

#include "network/layer_spec.hpp"
#include "network/layer_types.hpp"
#include "network/layer_weights.hpp"

namespace network {

/// Rounds or quantises the weights to their type. The status names the layer, and the tensor if one is missing.
[[nodiscard]] tandem::Result<tandem::Operator> make_operator(const LayerSpec& spec, const WeightSource& weights,
                                                             const LayerTypes& types = {},
                                                             const tandem::CreateOptions& options = {});

/// Whether the layer can be quantised as it is: one stage or block, whose activations are clamps, without a residual but an
/// inverted residual's own; a squeeze-and-excite; or an operator without weights, of any activation if it is nothing else.
/// split_layers() makes such layers of the others.
[[nodiscard]] bool has_quantised_form(const LayerSpec& spec) noexcept;

/// True if the activation is nothing but a clamp, as a quantised stage may have it.
[[nodiscard]] bool is_clamp(const tandem::Activation& activation) noexcept;

/// True if a plan of this layer's Operator wants RunArgs::residual. An inverted residual adds its own input by itself.
[[nodiscard]] bool takes_residual(const LayerSpec& spec) noexcept;

/// The status with the layer's name before its sentence.
[[nodiscard]] tandem::Status in_layer(const LayerSpec& spec, const tandem::Status& status);

}  // namespace network
