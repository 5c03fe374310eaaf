// The sizes of values from the sizes of the graph's inputs. Unknown sizes (-1) stay unknown where nothing tells them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/graph/sizes.hpp"
#include "tandem/status.hpp"

namespace tandem::graph {

/// For each value its dims; no dims: not even the rank is known.
using AllDims = std::vector<std::optional<Dims>>;

/// The dims that a node's outputs have. kInvalidArgument with the node's name if its inputs do not fit the operator.
/// Outputs of operators that are not known here keep what `dims` has.
Status infer(const Graph& graph, const Node& node, AllDims& dims);

/// The same, and what the engine knows of sizes that nothing else tells; a node whose inputs do not fit leaves its outputs as
/// they are.
void infer_if_it_fits(const Graph& graph, const Node& node, AllDims& dims);

/// kInvalidArgument if the inputs do not fit the operator, or if its outputs would have other dims than the engine says.
Status check_dims(const Graph& graph, const Node& node, const AllDims& dims);

/// All nodes in turn, from `inputs` (one for each of the graph's inputs). What the engine knew of other values is used
/// for operators that are not known here alone.
Result<AllDims> infer(const Graph& graph, const std::vector<std::optional<Dims>>& inputs);

/// The same from what the graph itself says of its inputs; a node whose inputs do not fit leaves its outputs unknown.
AllDims infer_what_is_known(const Graph& graph);
/// The same from other dims of the inputs, one for each of the graph's.
AllDims infer_what_is_known(const Graph& graph, const std::vector<std::optional<Dims>>& inputs);

}  // namespace tandem::graph
