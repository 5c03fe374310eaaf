// The types of a network's tensors and weights; tandem/params.hpp lists the combinations that there are.
#pragma once

#include "tandem/tandem.hpp"

namespace network {

/// What the steps of a quantised squeeze-and-excite store, see tandem::SqueezeExciteParams.
struct SqueezeTypes {
  tandem::TensorType mean;
  tandem::TensorType reduced;
  tandem::TensorType hidden;
  tandem::TensorType expanded;
  tandem::TensorType gate;
};

/// Of one layer. A quantised layer has weights of kS8.
struct LayerTypes {
  tandem::TensorType src;
  tandem::TensorType dst;
  tandem::TensorType residual;  ///< read only with a residual
  tandem::DataType weights = tandem::DataType::kF32;
  // Read only for a quantised block: what its stages store.
  tandem::TensorType expanded = {};
  tandem::TensorType filtered = {};   ///< by the depthwise stage
  tandem::TensorType projected = {};  ///< before a residual is added; else dst
  tandem::TensorType gated = {};      ///< by a squeeze-and-excite
  // Read only for a quantised squeeze-and-excite, alone or in a block.
  SqueezeTypes squeeze = {};
};

/// Of all layers.
struct Types {
  tandem::DataType tensors = tandem::DataType::kF32;
  tandem::DataType weights = tandem::DataType::kF32;

  [[nodiscard]] LayerTypes of_layer() const noexcept { return {tensors, tensors, tensors, weights}; }
};

}  // namespace network
