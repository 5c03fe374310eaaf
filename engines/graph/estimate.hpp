// Expected times of single nodes, to decide whether a group pays.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"
#include "tandem/data_type.hpp"

namespace tandem::graph {

struct Estimate {
  std::int64_t multiply_adds = 0;
  double seconds = 0;         ///< Tandem's, by its cost model
  double engine_seconds = 0;  ///< a guess of the engine's
};

/// Times of nodes at the sizes of `dims`. Their weights are not packed for that: the rates of a pointwise convolution, of a
/// layout conversion, and of a convolution with groups of the same channels, from plans of typical layers, stand for those of
/// all layers.
class Estimator {
 public:
  Estimator(const Graph& graph, const AllDims& dims, std::int32_t threads);

  [[nodiscard]] Estimate node(const Graph& graph, const Node& node, const AllDims& dims) const;
  /// From NCHW to NHWC or back.
  [[nodiscard]] double conversion(const Dims& dims, ElementType type) const;

 private:
  // The channels of one of several groups of a convolution; of a depthwise one {1, 1}.
  struct GroupShape {
    std::int64_t inputs = 0, outputs = 0;
    auto operator<=>(const GroupShape&) const = default;
  };
  struct Rates {
    double multiply_add_seconds = 0;
    std::map<GroupShape, double> grouped_seconds;  // a multiply-add; the groups of this graph
    double element_seconds = 0;  // one element converted, or read and written by an operator that computes little
  };
  static Rates rates(const TensorType& tensors, std::int32_t threads);
  // Nothing if the node has no groups or its sizes are unknown.
  static std::optional<GroupShape> group_shape(const Graph& graph, const Node& node, const AllDims& dims);

  Rates floats_;
  Rates bytes_;  // of graphs that have tensors of 8 bits
};

}  // namespace tandem::graph
