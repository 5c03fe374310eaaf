// The steps of a squeeze-and-excite, alone or in a block, each with its expected time: pure arithmetic.
//
//   tensor [pixels, C] -mean-> [C] -reduce-> [R] -expand-> gates [C]
#pragma once

#include <algorithm>
#include <cstdint>

#include "src/plan/candidates.hpp"
#include "tandem/shape.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Workers and tasks of one step.
template <class Blocking>
using Step = Candidate<Blocking>;

/// The two matrices.
struct SqueezeExciteGeometry {
  MatrixGeometry reduce;
  MatrixGeometry expand;
};

/// From a tensor to the gates of its channels. A task of the means is some whole cache lines of channels with all their
/// pixels, so that the number of workers does not change a bit.
struct GateSteps {
  Step<std::int64_t> mean;  ///< blocks of channels per image
  Step<GemmBlocking> reduce;
  Step<GemmBlocking> expand;
};

template <class Blocking>
Step<Blocking> faster(const Step<Blocking>& a, const Step<Blocking>& b) noexcept {
  return b.estimate.seconds < a.estimate.seconds ? b : a;
}

/// `blocks` tasks per image for at most `workers` workers, one image after the other. all: the cost of all tasks.
Step<std::int64_t> stream_step(const Machine& machine, const Estimate& all, std::int64_t images, std::int64_t blocks,
                               std::int32_t workers) noexcept;

/// One worker or all of them, whichever is faster; likewise the products.
Step<std::int64_t> mean_step(const Machine& machine, const Shape& tensor, std::int32_t workers) noexcept;
Step<GemmBlocking> product_step(const Machine& machine, const MatrixGeometry& weights, std::int64_t images,
                                std::int32_t workers);

/// Adds a step to the whole, `times` times. The balance becomes a sum over seconds; see finish_steps().
template <class Whole, class Blocking>
void add_step(Candidate<Whole>& whole, const Step<Blocking>& step, double times = 1.0) noexcept {
  whole.workers = std::max(whole.workers, step.workers);
  whole.estimate.add(step.estimate, times);
  whole.balance += step.balance * step.estimate.seconds * times;
}
/// After the last add_step(): the balance becomes the mean of the steps'.
template <class Whole>
void finish_steps(Candidate<Whole>& whole) noexcept {
  whole.balance = std::min(whole.balance / whole.estimate.seconds, 1.0);
}

}  // namespace tandem::inline TANDEM_ABI::internal
