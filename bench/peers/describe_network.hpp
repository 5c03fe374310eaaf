// A shape table as the JSON that examples/classify reads from a model's metadata. So the networks are defined once, in
// bench/shapes, and whoever builds a peer's model file builds it from what Tandem itself runs.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/shapes/networks.hpp"

namespace tandem::bench::peers {

/// Whether the format has words for it: no activation but relu6, no squeeze-and-excite.
[[nodiscard]] bool can_be_described(const shapes::Table& table);

/// The document of classify/model.hpp, with "multiply_adds" beside; layer_reader.hpp shows what its layers look like.
[[nodiscard]] nlohmann::json describe_network(const shapes::Table& table);

}  // namespace tandem::bench::peers
