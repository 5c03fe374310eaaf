// The common shapes that cliff_bench varies, and the axes along which it varies them. A new axis is a row of axes() in
// cliff_shapes.cpp; the property that it varies is a member of CliffLayer.
#pragma once

#include <string>
#include <vector>

#include "bench/shapes/cliff_layer.hpp"

namespace tandem::bench::shapes {

/// How the points of a sweep are compared.
enum class Measure {
  kWork,  ///< by the time for a unit of work(), beside the best point's
  kTime,  ///< by the time, beside the first point's, which has the most work and should take the longest
};

/// A common shape varied along one axis.
struct Sweep {
  std::string shape;  // describe() of the common shape
  const char* axis;
  Measure measure;
  std::vector<CliffLayer> points;
};
[[nodiscard]] std::vector<Sweep> cliff_sweeps();

}  // namespace tandem::bench::shapes
