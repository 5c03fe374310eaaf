// The corpus: the convolutions of real networks, each shape once. Those of layers.json come from published models, those
// of bench/shapes from the networks that network_bench runs.
#pragma once

#include <string>
#include <vector>

#include "bench/corpus/layer.hpp"

namespace tandem::bench::corpus {

/// @param path  of layers.json; empty: the file in the source tree that this program was built from
/// @return the layers of the file, in its order; then those that only bench/shapes has
[[nodiscard]] Result<std::vector<Layer>> load(const std::string& path);

/// The layers with `filter` in their name, their kind or the name of a network that uses them.
[[nodiscard]] std::vector<Layer> select(const std::vector<Layer>& layers, const std::string& filter);

}  // namespace tandem::bench::corpus
