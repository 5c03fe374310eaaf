// Which sizes that are not known before the run are the same all the same: a residual is as high as the output of a
// convolution with stride 1 and SAME padding, whatever the height of the image.
#pragma once

#include <map>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"

namespace tandem::graph {

/// Each axis of each value has a symbol: its size where that is known, else a number below -1. Two axes have the same
/// symbol if one is computed from the other without a change, or both are computed in the same way from the same axis.
class SameSizes {
 public:
  SameSizes(const Graph& graph, const AllDims& dims);

  /// Whether both values have the same shape in every run.
  [[nodiscard]] bool same(ValueId a, ValueId b) const;

 private:
  using Symbol = std::int64_t;
  using Symbols = std::vector<Symbol>;

  Symbol fresh() { return --last_; }
  /// The symbol of what a rule with these numbers makes of an axis.
  Symbol made(Symbol from, std::vector<std::int64_t> rule);
  Symbols outputs(const Node& node, std::size_t output);
  void window(const Node& node, Symbols& y);

  const Graph& graph_;
  const AllDims& dims_;
  std::vector<Symbols> symbols_;
  std::map<std::vector<std::int64_t>, Symbol> rules_;
  Symbol last_ = -1;
};

}  // namespace tandem::graph
