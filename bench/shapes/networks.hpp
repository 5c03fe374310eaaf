// The networks of the benchmarks as layer lists: the entry to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

/// MobileNet V1, MobileNet V2, EfficientNet-Lite0, MobileNet V3-Large, MobileNet V3-Small, EfficientNet-B0.
[[nodiscard]] std::span<const Table> networks();

/// The ends of networks that enlarge their maps again: of a text detector, a pose network and a generator.
[[nodiscard]] std::span<const Table> heads();

/// The layer that a row describes, without activations.
[[nodiscard]] network::LayerSpec layer_spec(const Row& row);

/// One layer per row, blocks fused.
[[nodiscard]] std::vector<network::LayerSpec> layer_specs(const Table& table);

/// A layer with its place in the network.
struct PlacedLayer {
  network::LayerSpec spec;
  Shape input;
  Shape output;
  std::int64_t multiply_adds;  // 0 for pooling
  int times;                   // layers of this shape in the network
};

/// The distinct layers of a list in order: the first layer of each shape. Paddings must be SAME.
[[nodiscard]] std::vector<PlacedLayer> distinct_layers(const std::vector<network::LayerSpec>& specs,
                                                       const Shape& input);

}  // namespace tandem::bench::shapes
