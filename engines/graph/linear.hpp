// The weights of a convolution or matrix product, whatever their layout, and constants that move into them.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/graph/sizes.hpp"

namespace tandem::graph {

struct Linear {
  FilterSizes sizes;  ///< out: all output channels; in: input channels of a group
  FilterLayout layout = FilterLayout::kOihw;
  std::int64_t groups = 1;
  std::span<const float> filter;
  std::vector<double> bias;     ///< one for each output channel
  bool pads = false;            ///< some tap may read padding
  bool has_activation = false;  ///< or a residual: what is behind it is no longer linear

  [[nodiscard]] std::int64_t in_channels() const { return sizes.in * groups; }

  /// The filter with all weights of output channel m times values[m], or all of input channel c times values[c], rounded
  /// once.
  [[nodiscard]] std::vector<float> scaled_by_output(const std::vector<double>& values) const;
  [[nodiscard]] std::vector<float> scaled_by_input(const std::vector<double>& values) const;
  /// Adds to the bias what the outputs grow by if values[c] is added to each element of input channel c.
  void add_inputs(const std::vector<double>& values);
};

/// Nothing if the node is neither, or its weights are not constant.
std::optional<Linear> linear(const Graph& graph, const Node& node);

/// Give the node a new constant.
void set_bias(Graph& graph, Node& node, const std::vector<double>& bias);
void set_filter(Graph& graph, Node& node, std::vector<float> filter);

std::vector<float> rounded(const std::vector<double>& from);

}  // namespace tandem::graph
