// The ways to run one stage, each with its expected time: pure arithmetic, like tiling.hpp.
//
// The list of ways depends only on the shape, the kernels and the number of workers. So a machine with larger caches or
// bandwidths chooses from the same list and never expects a longer time.
#pragma once

#include <cstdint>
#include <vector>

#include "src/plan/cost_model.hpp"
#include "src/plan/depthwise_geometry.hpp"
#include "src/plan/matrix_geometry.hpp"
#include "src/plan/tiling.hpp"
#include "tandem/plan_report.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A worker that is done takes tasks of the others: with several tasks per worker the last wait is shorter.
inline constexpr std::int64_t kTasksAWorker = 4;

template <class Blocking>
struct Candidate {
  Blocking blocking;
  std::int32_t workers;
  Estimate estimate;  ///< seconds: from the fork to the end of the busiest worker; bytes: all workers
  double balance;     ///< mean work of the workers / work of the busiest one
};

/// The numbers of workers worth comparing: `most`, its half, and so on down to 1. Ascending.
std::vector<std::int32_t> worker_counts(std::int32_t most);

/// The numbers of chunks of rows per image that are worth comparing for these workers and images.
std::vector<std::int64_t> row_part_counts(std::int32_t workers, std::int64_t images);

/// The product of `rows` rows, which another layer wrote, by all weights.
MatrixWork layer_work(const Machine& machine, const MatrixGeometry& weights, std::int64_t rows) noexcept;

/// work: the whole product and the places of its operands.
std::vector<Candidate<GemmBlocking>> matrix_candidates(const Machine& machine, const MatrixWork& work,
                                                       std::int64_t panels, std::int32_t workers);

/// Covers all rows and channels of `images` images; work.out_rows and work.channels are ignored.
std::vector<Candidate<DepthwiseBlocking>> depthwise_candidates(const Machine& machine, const DepthwiseGeometry& stage,
                                                               const DepthwiseWork& work, std::int64_t images,
                                                               std::int32_t workers);

Partition partition_of(std::int64_t row_parts, std::int64_t channel_parts, std::int32_t workers) noexcept;

/// Index of the candidate with the least seconds(candidate), the first of equal ones. The list must not be empty.
template <class C, class Seconds>
std::size_t fastest(const std::vector<C>& candidates, const Seconds& seconds) noexcept {
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (seconds(candidates[i]) < seconds(candidates[best])) best = i;
  }
  return best;
}
/// The fastest by the estimates.
template <class C>
std::size_t fastest(const std::vector<C>& candidates) noexcept {
  return fastest(candidates, [](const C& c) { return c.estimate.seconds; });
}

/// Index of candidate number `wanted`, counted from 1; `best` if there is no such number, as for 0.
template <class C>
std::size_t choose(const std::vector<C>& candidates, std::int32_t wanted, std::size_t best) noexcept {
  const auto number = static_cast<std::size_t>(wanted);
  return wanted >= 1 && number <= candidates.size() ? number - 1 : best;
}
/// The best is the fastest by the estimates.
template <class C>
std::size_t choose(const std::vector<C>& candidates, std::int32_t wanted) noexcept {
  return choose(candidates, wanted, fastest(candidates));
}

}  // namespace tandem::inline TANDEM_ABI::internal
