// Arithmetic of two tensors as the library calls it.
#pragma once

#include "engines/graph/graph.hpp"
#include "tandem/params.hpp"

namespace tandem::graph {

/// The operation on (src, other), and on (other, src).
struct Operations {
  ElementwiseOperation straight, swapped;
};

/// Of kAdd, kSub, kMul, kDiv, kMin and kMax.
constexpr Operations operations(Op op) noexcept {
  switch (op) {
    case Op::kSub:
      return {ElementwiseOperation::kSubtract, ElementwiseOperation::kSubtractFrom};
    case Op::kMul:
      return {ElementwiseOperation::kMultiply, ElementwiseOperation::kMultiply};
    case Op::kDiv:
      return {ElementwiseOperation::kDivide, ElementwiseOperation::kDivideInto};
    case Op::kMin:
      return {ElementwiseOperation::kMinimum, ElementwiseOperation::kMinimum};
    case Op::kMax:
      return {ElementwiseOperation::kMaximum, ElementwiseOperation::kMaximum};
    default:
      return {ElementwiseOperation::kAdd, ElementwiseOperation::kAdd};
  }
}

}  // namespace tandem::graph
