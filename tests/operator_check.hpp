// Runs an Operator on guarded memory and holds every element of its output against the reference.
#pragma once

#include <functional>
#include <vector>

#include "elements.hpp"
#include "guarded_buffer.hpp"
#include "random.hpp"
#include "reference.hpp"
#include "tandem/operator.hpp"

namespace tandem::test {

/// Each element within its bound, none left as poison; NaN and infinity exactly where the reference has them, unless
/// its bound is not finite. Adds one failure that tells the first wrong element and how many there are.
void expect_near(const float* got, const reference::Tensor& expected);

/// One run, its buffers new and guarded, dst and workspace poisoned: what came out, or nothing and a failure.
/// @param residual_values empty: none
/// @param onto_residual   dst is the residual, of the same stride
/// @param strides         as it was planned with; the values are dense all the same, and poison is between
/// @param types           of the tensors; the values are of them, too
/// @param residual_channels  of residual_values; 0: those of dst
std::vector<float> run_guarded(const Plan& plan, const std::vector<float>& src_values,
                               const std::vector<float>& residual_values, Placement placement, bool onto_residual,
                               const PixelStrides& strides = {}, TensorTypes types = DataType::kF32,
                               std::int64_t residual_channels = 0);

/// The inputs of one case, and what must come out.
struct Expectation {
  Shape input;
  std::vector<float> src;
  std::vector<float> residual;  // empty: none
  Shape residual_shape;
  reference::Tensor output;
  DataType type = DataType::kF32;  // of the tensors
};

/// The shape of the residual for this output; null: there is none.
using ResidualShape = std::function<Shape(const Shape& output)>;
inline Shape like_the_output(const Shape& output) { return output; }

/// Random tensors of `type` for `input`, and what `compute` makes of them. With a residual compute is called twice: the
/// first call, without, tells the output's shape.
using ComputeReference =
    std::function<reference::Tensor(const reference::Tensor& src, const reference::Tensor* residual)>;
Expectation expectation(const Shape& input, const ResidualShape& residual, Random& random,
                        const ComputeReference& compute, DataType type = DataType::kF32);

/// Makes the operator from weights that lie in guarded memory of this placement and are gone when it returns.
using MakeOperator = std::function<Result<Operator>(Placement)>;

/// For both placements: makes, plans, runs, compares; on one thread, and again shared out to eight workers that run one
/// after the other; with a residual once more onto the residual itself; and with tensors that are slices of wider ones.
/// Sources are read-only, destinations and workspaces poisoned.
void expect_operator(const MakeOperator& make, const Expectation& expectation);

}  // namespace tandem::test
