// Turns the nodes of a network into steps, one after the other: what the files emit*.cpp share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/steps.hpp"
#include "engines/graph/views.hpp"

namespace tandem::graph {

/// A value has one or more tensors: its elements in some order of the axes in memory. Transpose, most Reshapes, Split and
/// Slice make tensors that are views of others; an operator that needs another order than there is gets it by a layout
/// conversion, which later readers share.
class Emitter {
 public:
  Emitter(const Network& network, const AllDims& dims) : network_(network), graph_(network.graph), dims_(dims) {}

  Result<Program> run();

 private:
  const Dims& dims(ValueId id) const { return *dims_[index(id)]; }
  std::size_t rank(ValueId id) const { return dims(id).size(); }
  std::int64_t size(ValueId id) const { return elements(dims(id)); }
  ElementType type(ValueId id) const { return graph_.values[index(id)].type; }
  TensorType tensor(ValueId id) const { return tensor_type(graph_, id); }
  std::vector<Tensor>& tensors(ValueId id) { return tensors_[index(id)]; }
  Order image_order() const { return graph_.layout == Layout::kNchw ? Order{0, 2, 3, 1} : Order{0, 1, 2, 3}; }
  Shape image(ValueId id) const { return image_shape(dims(id), graph_.layout); }
  bool is_dense(const Tensor& t, ValueId id) const { return t.at.row == t.at.stride || t.at.row == size(id); }
  Status check_known(ValueId id, const char* what) const;

  // emit.cpp: memory
  std::int32_t new_buffer(Buffer::Kind kind, std::size_t number, std::int64_t count,
                          ElementType type = ElementType::kF32);
  std::int32_t new_buffer_of(ValueId id, Buffer::Kind kind = Buffer::Kind::kArena, std::size_t number = 0);
  /// A dense tensor of a new arena buffer in an order. `row` is what an operator takes for the channels.
  Tensor fresh(ValueId id, Order order, std::int64_t row);
  /// A tensor of the value in this order that is dense, or has rows of `row` floats.
  Result<Tensor> require(ValueId id, const Order& order, std::int64_t row);
  Tensor with_row(Tensor t, ValueId id, std::int64_t row) const;
  Status convert(ValueId id, Tensor& t, const Order& order);
  /// Copies `count` elements from the rows of src to those of dst. Both have one type of elements, and rows of the same
  /// number and length, or one of them is dense.
  Status copy(Operand src, Operand dst, std::int64_t count, std::string name);

  Status step(Operator op, const Shape& shape, const Operand& src, const Operand& dst, const Operand& residual,
              std::string name);

  Status node(std::size_t i);

  // emit_operators.cpp
  Status weighted(const Node& node, const Operator& op);
  /// An operator that reads an image and writes one.
  Status image_step(const Node& node, Result<Operator> op);
  Status pool(const Node& node);
  Status resize(const Node& node);

  Status depth_to_space(const Node& node);
  Status space_to_depth(const Node& node);

  // emit_elementwise.cpp
  Order handy_order(ValueId id, std::size_t axis);
  std::int64_t row_of(ValueId id, const Order& order) const;
  Status activation(const Node& node);
  Status table(const Node& node);
  /// From 8 bits to floats or back.
  Status quantisation(const Node& node);
  /// An operator that reads rows of `row` elements by themselves, in an order that its input has.
  Status rows_step(const Node& node, Result<Operator> op, const Order& order, std::int64_t row);
  Status softmax(const Node& node);
  Status arithmetic(const Node& node);
  Operand constant(ValueId id, const Order& order);
  Result<Operand> element_operand(ValueId id, std::size_t axes, const Order& order, std::int64_t row);
  Status combine(const Node& node, ElementwiseParams p, Operand src, Operand other, const Dims& other_dims,
                 const Tensor& dst);
  Status with_constant(const Node& node, ValueId in, std::size_t axis, std::span<const float> elements,
                       bool constant_first);

  // emit_views.cpp
  Status concat(const Node& node);
  /// A constant operand of so many equal floats.
  Operand filled(float value, std::int64_t count);
  Status pad(const Node& node);
  /// Part of one axis of a tensor with these dims, as a view; nothing if its rows do not allow that.
  std::optional<Tensor> cut(const Tensor& t, const Dims& dims, std::size_t axis, const SliceRange& range) const;
  Status cut(const Node& node, ValueId out, std::size_t axis, const SliceRange& range);
  Status slice(const Node& node);
  Status split(const Node& node);
  Status reshape(const Node& node);
  Status transpose(const Node& node);

  const Network& network_;
  const Graph& graph_;
  const AllDims& dims_;
  std::vector<std::vector<Tensor>> tensors_;
  Program program_;
};

}  // namespace tandem::graph
