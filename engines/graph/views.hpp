// Orders of axes in memory: pure arithmetic.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/graph/steps.hpp"

namespace tandem::graph {

/// The axes of a value as they lie in memory, outermost first.
using Order = std::vector<std::size_t>;

/// The elements of a value: where they lie, and in which order.
struct Tensor {
  Operand at;
  Order order;
};

/// 0, 1, 2 ...: row-major.
Order in_order(std::size_t rank);

/// A dense tensor in row-major order.
Tensor whole(std::int32_t buffer, std::int64_t elements, std::size_t rank);

/// Whether both orders put all elements in the same places: axes of one element do not count.
bool same_order(const Dims& dims, const Order& a, const Order& b);

/// What lies outside and inside an axis in memory.
struct Layers {
  std::int64_t outer, size, inner;
};
Layers layers(const Dims& dims, const Order& order, std::size_t axis);

/// [prefix][first][second] -> [prefix][second][first]
struct Rotation {
  std::int64_t prefix, first, second;
};
/// The rotations that lead from one order to the other: at most as many as there are axes, one between NCHW and NHWC.
std::vector<Rotation> rotations(const Dims& dims, const Order& from, const Order& to);

/// The order that a dense tensor in `order` has if its elements are counted by other dims of the same product. Nothing if
/// the elements would have to move.
std::optional<Order> reshaped_order(const Dims& from, const Order& order, const Dims& to);

/// Whether the innermost axis of both orders is the same axis.
bool keeps_last_axis(const Dims& from, const Order& from_order, const Dims& to, const Order& to_order);

}  // namespace tandem::graph
