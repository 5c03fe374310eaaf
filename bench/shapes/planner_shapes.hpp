// The shapes for which the planner's choices are compared with all others: the distinct blocks, pointwise and depthwise
// layers of the networks, and some shapes of no network: batches, odd maps, wide kernels, expansions that hardly
// expand.
#pragma once

#include <string>
#include <vector>

#include "network/layer_spec.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench::shapes {

struct PlannerShape {
  std::string name;
  network::LayerSpec spec;
  Shape input;
};

[[nodiscard]] std::vector<PlannerShape> planner_shapes();

}  // namespace tandem::bench::shapes
