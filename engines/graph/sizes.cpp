#include "engines/graph/sizes.hpp"

#include <algorithm>

namespace tandem::graph {

FilterSizes filter_sizes(const Dims& f, FilterLayout layout) noexcept {
  switch (layout) {
    case FilterLayout::kOihw:
      return {f[0], f[1], f[2], f[3]};
    case FilterLayout::kOhwi:
      return {f[0], f[3], f[1], f[2]};
    case FilterLayout::kHwio:
      return {f[3], f[2], f[0], f[1]};
    case FilterLayout::k1hwc:
      return {f[3], 1, f[1], f[2]};
    case FilterLayout::kIohw:
      return {f[1], f[0], f[2], f[3]};
  }
  return {};
}

ImageAxes image_axes(Layout layout) noexcept {
  return layout == Layout::kNchw ? ImageAxes{2, 3, 1} : ImageAxes{1, 2, 3};
}

std::size_t resolve_axis(std::int64_t axis, std::size_t rank) noexcept {
  const auto n = static_cast<std::int64_t>(rank);
  if (axis < -n || axis >= n) return kNotAnAxis;
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}

std::optional<std::vector<std::int64_t>> resolve_axes(std::vector<std::int64_t> axes, std::size_t rank) {
  for (std::int64_t& axis : axes) {
    const std::size_t front = resolve_axis(axis, rank);
    if (front == kNotAnAxis) return std::nullopt;
    axis = static_cast<std::int64_t>(front);
  }
  return axes;
}

SliceRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) noexcept {
  const std::int64_t lowest = step > 0 ? 0 : -1;  // ONNX Slice: what `start` and `end` are clamped to
  const std::int64_t highest = step > 0 ? size : size - 1;
  const auto clamp = [&](std::int64_t at) { return std::clamp(at < 0 ? at + size : at, lowest, highest); };
  const std::int64_t begin = clamp(start);
  const std::int64_t distance = step > 0 ? clamp(end) - begin : begin - clamp(end);
  const std::int64_t by = step > 0 ? step : -step;
  return {begin, distance <= 0 ? 0 : (distance + by - 1) / by};
}

std::int64_t part_size(const SplitAttributes& split, std::size_t i, std::size_t parts, std::int64_t size) noexcept {
  if (!split.sizes.empty()) return split.sizes[i];
  if (size == kUnknown) return kUnknown;
  const auto count = static_cast<std::int64_t>(parts);
  const std::int64_t each = (size + count - 1) / count;
  return std::clamp<std::int64_t>(size - each * static_cast<std::int64_t>(i), 0, each);
}

std::int64_t reshape_size(std::int64_t size) noexcept { return size > 0 ? size : -1; }

std::optional<Dims> broadcast(const Dims& a, const Dims& b) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims y = longer;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& to = y[longer.size() - shorter.size() + i];
    const std::int64_t other = shorter[i];
    if (to == other || other == 1) continue;
    if (to == 1 || to == kUnknown) {
      to = other;
    } else if (other != kUnknown) {
      return std::nullopt;
    }
  }
  return y;
}

std::int64_t elements(const Dims& dims) noexcept {
  std::int64_t product = 1;
  for (const std::int64_t size : dims) {
    if (size < 0 || __builtin_mul_overflow(product, size, &product)) return kUnknown;
  }
  return product;
}

}  // namespace tandem::graph
