// The integers that a network computes from the shapes of its tensors. Each is followed by name: a number, or "axis a of
// value v".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/graph/infer.hpp"

namespace tandem::graph {

struct Size {
  std::int64_t number = 0;  ///< if value is kNoValue
  ValueId value = kNoValue;
  std::size_t axis = 0;
};
using Sizes = std::vector<Size>;

class ShapeSizes {
 public:
  /// Knows the constants of the graph.
  explicit ShapeSizes(const Graph& graph);

  /// Learns the integers that a node writes, from those that it reads and from the dims of values.
  void follow(const Graph& graph, const Node& node, const AllDims& dims);

  /// The elements of a value of integers; nothing if they are not known.
  [[nodiscard]] const std::optional<Sizes>& of(ValueId id) const;
  /// The same as numbers; nothing if some depend on a size that is open. `id` may be kNoValue.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> numbers(ValueId id) const;

 private:
  [[nodiscard]] std::optional<Sizes> written_by(const Node& node, const AllDims& dims) const;
  [[nodiscard]] std::optional<Sizes> gathered(const Node& node) const;
  [[nodiscard]] std::optional<Sizes> sliced(const Node& node) const;
  [[nodiscard]] std::optional<Sizes> joined(const Node& node) const;
  [[nodiscard]] std::optional<Sizes> combined(const Node& node) const;

  std::vector<std::optional<Sizes>> sizes_;
};

}  // namespace tandem::graph
