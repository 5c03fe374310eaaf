// From nodes to Tandem's operators.
#pragma once

#include <optional>
#include <string>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"
#include "tandem/operator.hpp"
#include "tandem/status.hpp"

namespace tandem::graph {

/// Why Tandem does not take a node, as a clause; empty if it does. The node has been normalised and fused; `dims` are as
/// far known as they are, and a size that is not known does not speak against the node.
std::string why_not(const Graph& graph, const Node& node, const AllDims& dims);

/// Whether the node multiplies by weights, which are packed once.
bool has_weights(const Node& node) noexcept;

/// The operator of a node that has_weights(). kUnsupported or kInvalidArgument with the node's name.
Result<Operator> create_operator(const Graph& graph, const Node& node);

/// The operator of a pool or of a mean over images, of so many channels.
Result<Operator> create_pool(const Graph& graph, const Node& node, std::int64_t channels);

/// Multiply-adds of a node by the sizes of what it reads and writes; 0 if it multiplies nothing or the sizes are unknown.
std::int64_t multiply_adds(const Graph& graph, const Node& node, const AllDims& dims);

/// The type of a value as the library sees it. Without scales on 8 bits: for operators that only move elements.
TensorType tensor_type(const Graph& graph, ValueId id) noexcept;

/// Whether the node computes with elements of 8 bits.
bool is_quantised(const Graph& graph, const Node& node) noexcept;

/// The input of an operator with weights, as the library sees it: an image in NHWC, or the rows of a matrix.
Shape image_shape(const Dims& dims, Layout layout) noexcept;
Shape matrix_shape(const Dims& dims) noexcept;

}  // namespace tandem::graph
