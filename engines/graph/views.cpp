// Orders of axes in memory.
#include "engines/graph/views.hpp"

#include <algorithm>
#include <numeric>

namespace tandem::graph {
namespace {

Order without_ones(const Dims& dims, const Order& order) {
  Order kept;
  std::copy_if(order.begin(), order.end(), std::back_inserter(kept), [&](std::size_t axis) { return dims[axis] != 1; });
  return kept;
}

std::int64_t product(const Dims& dims, Order::const_iterator begin, Order::const_iterator end) {
  return std::accumulate(begin, end, std::int64_t{1}, [&](std::int64_t p, std::size_t axis) { return p * dims[axis]; });
}

// Axes of both shapes that hold the same elements: from[first, last) has the product of to[to_first, to_last).
struct AxisGroup {
  std::size_t first, last, to_first, to_last;
};

std::vector<AxisGroup> axis_groups(const Dims& from, const Dims& to) {
  std::vector<AxisGroup> groups;
  std::size_t i = 0, j = 0;
  while (i < from.size() || j < to.size()) {
    AxisGroup g{i, i, j, j};
    std::int64_t a = i < from.size() ? from[i++] : 1;
    std::int64_t b = j < to.size() ? to[j++] : 1;
    while (a != b) {
      if (a < b && i < from.size()) {
        a *= from[i++];
      } else if (j < to.size()) {
        b *= to[j++];
      } else {
        break;
      }
    }
    g.last = i;
    g.to_last = j;
    groups.push_back(g);
  }
  return groups;
}

}  // namespace

Order in_order(std::size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

Tensor whole(std::int32_t buffer, std::int64_t elements, std::size_t rank) {
  return {{buffer, 0, elements, elements}, in_order(rank)};
}

bool same_order(const Dims& dims, const Order& a, const Order& b) {
  return without_ones(dims, a) == without_ones(dims, b);
}

Layers layers(const Dims& dims, const Order& order, std::size_t axis) {
  const auto at = std::find(order.begin(), order.end(), axis);
  return {product(dims, order.begin(), at), dims[axis], product(dims, at + 1, order.end())};
}

std::vector<Rotation> rotations(const Dims& dims, const Order& from, const Order& to) {
  std::vector<Rotation> all;
  Order now = without_ones(dims, from);
  const Order then = without_ones(dims, to);
  for (std::size_t i = 0; i < then.size(); ++i) {
    if (now[i] == then[i]) continue;
    const auto place = now.begin() + static_cast<std::ptrdiff_t>(i);
    const auto next = std::find(place, now.end(), then[i]);
    all.push_back({product(dims, now.begin(), place), product(dims, place, next), product(dims, next, now.end())});
    std::rotate(place, next, now.end());
  }
  return all;
}

std::optional<Order> reshaped_order(const Dims& from, const Order& order, const Dims& to) {
  const std::vector<AxisGroup> groups = axis_groups(from, to);
  const Order now = without_ones(from, order);
  Order then;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 1) then.push_back(i);
  }
  for (std::size_t i = 0; i < now.size();) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const AxisGroup& g) { return g.first <= now[i] && now[i] < g.last; });
    // All of the group's axes have to follow here as they do in the shape.
    for (std::size_t axis = group->first; axis < group->last; ++axis) {
      if (from[axis] == 1) continue;
      if (i >= now.size() || now[i] != axis) return std::nullopt;
      ++i;
    }
    for (std::size_t axis = group->to_first; axis < group->to_last; ++axis) {
      if (to[axis] != 1) then.push_back(axis);
    }
  }
  return then;
}

bool keeps_last_axis(const Dims& from, const Order& from_order, const Dims& to, const Order& to_order) {
  const Order a = without_ones(from, from_order), b = without_ones(to, to_order);
  if (a.empty() || b.empty() || a.back() != from_order.back()) return false;
  for (const AxisGroup& g : axis_groups(from, to)) {
    if (g.first > a.back() || a.back() >= g.last) continue;
    return from[a.back()] == to[b.back()] && g.to_first <= b.back() && b.back() < g.to_last;
  }
  return false;
}

}  // namespace tandem::graph
