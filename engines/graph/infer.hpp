// The sizes of values from the sizes of the graph's inputs. Unknown sizes (-1) stay unknown where nothing tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/graph/graph.hpp"
#include "tandem/status.hpp"

namespace tandem::graph {

/// For each value its dims; no dims: not even the rank is known.
using AllDims = std::vector<std::optional<Dims>>;

/// A filter's sizes, whatever its layout.
struct FilterSizes {
  std::int64_t out = 0, in = 0, h = 0, w = 0;
};
/// `dims` has 4 axes.
FilterSizes filter_sizes(const Dims& dims, FilterLayout layout) noexcept;

/// The axes of an image [4 axes].
struct ImageAxes {
  std::size_t h, w, c;
};
ImageAxes image_axes(Layout layout) noexcept;

/// An axis counted from the front; kNotAnAxis if there is none such.
inline constexpr std::size_t kNotAnAxis = static_cast<std::size_t>(-1);
std::size_t resolve_axis(std::int64_t axis, std::size_t rank) noexcept;

/// Where a slice of one axis begins and how many elements it has.
struct SliceRange {
  std::int64_t begin = 0, count = 0;
};
SliceRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) noexcept;

/// numpy's broadcasting; nothing if the sizes do not fit.
std::optional<Dims> broadcast(const Dims& a, const Dims& b);

/// Product of the dims; kUnknown if one is unknown or the product overflows.
std::int64_t elements(const Dims& dims) noexcept;

/// The dims that a node's outputs have. kInvalidArgument with the node's name if its inputs do not fit the operator.
/// Outputs of operators that are not known here keep what `dims` has.
Status infer(const Graph& graph, const Node& node, AllDims& dims);

/// All nodes in turn, from `inputs` (one for each of the graph's inputs). What the engine knew of other values is used
/// for operators that are not known here alone.
Result<AllDims> infer(const Graph& graph, const std::vector<std::optional<Dims>>& inputs);

/// The same from what the graph itself says of its inputs; a node whose inputs do not fit leaves its outputs unknown.
AllDims infer_what_is_known(const Graph& graph);

}  // namespace tandem::graph
