// The sizes of one node's outputs: what the files infer*.cpp share.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "engines/graph/error.hpp"
#include "engines/graph/infer.hpp"

namespace tandem::graph {

/// The dims of each output; nothing: an input's are not known, or the operator is not known here.
using Outputs = std::vector<std::optional<Dims>>;

class Inference {
 public:
  Inference(const Graph& graph, const Node& node, const AllDims& dims) : graph_(graph), node_(node), dims_(dims) {}

  /// kInvalidArgument: the inputs do not fit the operator.
  Result<Outputs> outputs();

 private:
  static Outputs one(std::optional<Dims> dims) { return {std::move(dims)}; }
  [[nodiscard]] Status misfit(const char* what) const {
    return node_error(StatusCode::kInvalidArgument, node_, "%s", what);
  }
  [[nodiscard]] const Dims* input(std::size_t i) const {
    if (i >= node_.inputs.size() || node_.inputs[i] == kNoValue) return nullptr;
    const auto& dims = dims_[static_cast<std::size_t>(node_.inputs[i])];
    return dims ? &*dims : nullptr;
  }
  [[nodiscard]] ImageAxes axes() const { return image_axes(graph_.layout); }

  [[nodiscard]] Result<Outputs> of_op() const;

  // infer_images.cpp: the input is an image, and an output without pixels is a misfit.
  [[nodiscard]] bool has_filter() const;
  [[nodiscard]] Result<Outputs> image(Dims y) const;
  [[nodiscard]] Result<Outputs> conv() const;
  [[nodiscard]] Result<Outputs> conv_transpose() const;
  [[nodiscard]] Result<Outputs> pool() const;
  [[nodiscard]] Result<Outputs> resize() const;
  [[nodiscard]] Result<Outputs> blocks() const;
  [[nodiscard]] Result<Outputs> block_of_convs() const;

  // infer_axes.cpp: any number of axes.
  [[nodiscard]] Result<Outputs> matmul() const;
  [[nodiscard]] Result<Outputs> reduce() const;
  [[nodiscard]] Result<Outputs> concat() const;
  [[nodiscard]] Result<Outputs> split() const;
  [[nodiscard]] Result<Outputs> slice() const;
  [[nodiscard]] Result<Outputs> pad() const;
  [[nodiscard]] Result<Outputs> transpose() const;
  [[nodiscard]] Result<Outputs> gather() const;
  [[nodiscard]] Result<Outputs> reshape() const;
  [[nodiscard]] std::optional<Dims> computed_shape() const;

  const Graph& graph_;
  const Node& node_;
  const AllDims& dims_;
  Dims x_;  // of the first input
};

}  // namespace tandem::graph
