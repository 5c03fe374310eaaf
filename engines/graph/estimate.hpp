// Expected times of single nodes, to decide whether a group pays.
#pragma once

#include <cstdint>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"
#include "tandem/data_type.hpp"

namespace tandem::graph {

struct Estimate {
  std::int64_t multiply_adds = 0;
  double seconds = 0;         ///< Tandem's, by its cost model
  double engine_seconds = 0;  ///< a guess of the engine's
};

/// Times of nodes at the sizes of `dims`. Weights are not packed for that: the rates of a pointwise and a depthwise
/// convolution and of a layout conversion, from plans of typical layers, stand for those of all layers.
class Estimator {
 public:
  Estimator(const Graph& graph, std::int32_t threads);

  [[nodiscard]] Estimate node(const Graph& graph, const Node& node, const AllDims& dims) const;
  /// From NCHW to NHWC or back.
  [[nodiscard]] double conversion(const Dims& dims, ElementType type) const;

 private:
  struct Rates {
    double multiply_add_seconds = 0;
    double depthwise_seconds = 0;  // a multiply-add
    double element_seconds = 0;    // one element converted, or read and written by an operator that computes little
  };
  static Rates rates(const TensorType& tensors, std::int32_t threads);

  Rates floats_;
  Rates bytes_;  // of graphs that have tensors of 8 bits
};

}  // namespace tandem::graph
