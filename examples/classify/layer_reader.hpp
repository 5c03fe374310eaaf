// Reads one layer of the network's description, JSON in the model's metadata, as a LayerSpec:
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
  std::string spec_name;             ///< its name in network::LayerSpec
  std::string file_name;             ///< its name in the file
  std::vector<std::uint64_t> shape;  ///< the shape that it must have
};

struct LayerDescription {
  network::LayerSpec spec;
  tandem::Shape src;  ///< of one image
  tandem::Shape dst;
  std::vector<TensorUse> tensors;
};

/// Throws Error if something is missing, malformed, or more than a LayerSpec can express.
[[nodiscard]] LayerDescription read_layer(const JsonField& layer);

/// [H, W, C] for one image.
[[nodiscard]] tandem::Shape read_shape(const JsonField& shape);

}  // namespace classify
