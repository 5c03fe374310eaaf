// The types of a network's tensors and weights; tandem/params.hpp lists the combinations that there are.
#pragma once

#include "tandem/tandem.hpp"

namespace network {

/// Of one layer. A quantised layer has weights of kS8.
struct LayerTypes {
  tandem::TensorType src;
  tandem::TensorType dst;
  tandem::TensorType residual;  ///< read only with a residual
  tandem::DataType weights = tandem::DataType::kF32;
};

/// Of all layers.
struct Types {
  tandem::DataType tensors = tandem::DataType::kF32;
  tandem::DataType weights = tandem::DataType::kF32;

  [[nodiscard]] LayerTypes of_layer() const noexcept { return {tensors, tensors, tensors, weights}; }
};

}  // namespace network
