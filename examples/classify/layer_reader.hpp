// One layer of the network's description, which stands as JSON in the model's metadata, as a LayerSpec:
//
//   {"name", "op", "src": [H, W, C], "dst": [H, W, C], "residual", "stages": [
//     {"role", "op", "kernel": [h, w], "stride": [h, w], "padding": {"top", "bottom", "left", "right"},
//      "src_channels", "dst_channels", "activation": "none" | "relu" | "relu6", "filter", "bias"}]}
//
// A stage is one convolution; a fused block has two or three, pooling none. filter and bias name tensors of the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "classify/json.hpp"
#include "network/layer_spec.hpp"

namespace classify {

/// A tensor that a layer needs.
struct TensorUse {
  std::string spec_name;             ///< what network::LayerSpec calls it
  std::string file_name;             ///< what the file calls it
  std::vector<std::uint64_t> shape;  ///< what it has to be
};

struct LayerDescription {
  network::LayerSpec spec;
  tandem::Shape src;  ///< of one image
  tandem::Shape dst;
  std::vector<TensorUse> tensors;
};

/// Throws Error for what is missing, malformed, or more than a LayerSpec can say.
[[nodiscard]] LayerDescription read_layer(const JsonField& layer);

/// [H, W, C] for one image.
[[nodiscard]] tandem::Shape read_shape(const JsonField& shape);

}  // namespace classify
