// A shape table as the JSON that examples/classify reads from a model's metadata. So the networks are defined only in
// bench/shapes, and every peer's model file describes the network that Tandem runs.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/shapes/networks.hpp"

namespace tandem::bench::peers {

/// True if the format can describe it: it knows no activation but relu6, and no squeeze-and-excite.
[[nodiscard]] bool can_be_described(const shapes::Table& table);

/// The document of classify/model.hpp, plus "multiply_adds"; layer_reader.hpp shows the form of its layers.
[[nodiscard]] nlohmann::json describe_network(const shapes::Table& table);

}  // namespace tandem::bench::peers
