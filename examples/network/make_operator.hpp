// From one LayerSpec and its tensors to the Operator that computes it.
#pragma once

#include <functional>
#include <string>

#include "network/layer_spec.hpp"

namespace network {

/// The tensor of this name, dense fp32, in the layout its LayerSpec gives. Empty when there is none: an error for a
/// weight, zeros for a bias. Only read during creation.
using WeightSource = std::function<tandem::FloatSpan(const std::string& tensor)>;

/// What the elements of all tensors and weights of a network are; tandem/params.hpp says which combinations there are.
struct Types {
  tandem::DataType tensors = tandem::DataType::kF32;
  tandem::DataType weights = tandem::DataType::kF32;
};

/// Rounds the weights to their type. The status names the layer, and the tensor when it is one that is missing.
[[nodiscard]] tandem::Result<tandem::Operator> make_operator(const LayerSpec& spec, const WeightSource& weights,
                                                             const Types& types = {},
                                                             const tandem::CreateOptions& options = {});

/// Whether a plan of this layer's Operator wants RunArgs::residual. An inverted residual adds its own input unasked.
[[nodiscard]] bool takes_residual(const LayerSpec& spec) noexcept;

/// The status with the layer's name before its sentence.
[[nodiscard]] tandem::Status in_layer(const LayerSpec& spec, const tandem::Status& status);

}  // namespace network
