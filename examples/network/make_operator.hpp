// From one LayerSpec and its tensors to the Operator that computes it.
#pragma once

#include <functional>
#include <string>

#include "network/layer_spec.hpp"

namespace network {

/// Returns the tensor of this name, dense fp32, in the layout of its LayerSpec. Empty if there is none: an error for a
/// weight, zeros for a bias. Read only during creation.
using WeightSource = std::function<tandem::FloatSpan(const std::string& tensor)>;

/// The types of all tensors and weights of a network; tandem/params.hpp lists the supported combinations.
struct Types {
  tandem::DataType tensors = tandem::DataType::kF32;
  tandem::DataType weights = tandem::DataType::kF32;
};

/// Rounds the weights to their type. The status names the layer, and the tensor if one is missing.
[[nodiscard]] tandem::Result<tandem::Operator> make_operator(const LayerSpec& spec, const WeightSource& weights,
                                                             const Types& types = {},
                                                             const tandem::CreateOptions& options = {});

/// True if a plan of this layer's Operator wants RunArgs::residual. An inverted residual adds its own input by itself.
[[nodiscard]] bool takes_residual(const LayerSpec& spec) noexcept;

/// The status with the layer's name before its sentence.
[[nodiscard]] tandem::Status in_layer(const LayerSpec& spec, const tandem::Status& status);

}  // namespace network
