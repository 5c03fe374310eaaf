// Arithmetic on dims.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/graph/graph.hpp"

namespace tandem::graph {

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
/// Several of them, in their order; nothing if there is no such axis.
std::optional<std::vector<std::int64_t>> resolve_axes(std::vector<std::int64_t> axes, std::size_t rank);

/// Where a slice of one axis begins and how many elements it has.
struct SliceRange {
  std::int64_t begin = 0, count = 0;
};
SliceRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) noexcept;

/// The size of part i of a Split: if they are not given, all are equal, but the last ones have what is left.
std::int64_t part_size(const SplitAttributes& split, std::size_t i, std::size_t parts, std::int64_t size) noexcept;

/// A size as a Reshape says it: -1 if it is unknown, or 0, which a Reshape would take from its input.
std::int64_t reshape_size(std::int64_t size) noexcept;

/// numpy's broadcasting; nothing if the sizes do not fit.
std::optional<Dims> broadcast(const Dims& a, const Dims& b);

/// Product of the dims; kUnknown if one is unknown or the product overflows.
std::int64_t elements(const Dims& dims) noexcept;

}  // namespace tandem::graph
