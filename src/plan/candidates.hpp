// The ways to run one stage, each with what it is expected to take: pure arithmetic, like tiling.hpp.
//
// Which ways there are depends on the shape and the number of workers alone, so that a machine with larger caches or
// bandwidths chooses among the same ones and never expects a longer time.
#pragma once

#include <cstdint>
#include <vector>

#include "src/plan/cost_model.hpp"
#include "src/plan/depthwise_geometry.hpp"
#include "src/plan/matrix_geometry.hpp"
#include "src/plan/tiling.hpp"
#include "tandem/plan_report.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Workers that are done help the others, task by task: several tasks for each leave less to wait for at the end.
inline constexpr std::int64_t kTasksAWorker = 4;

template <class Blocking>
struct Candidate {
  Blocking blocking;
  std::int32_t workers;
  Estimate estimate;  ///< seconds: from the fork to the end of the busiest worker; bytes: of all workers
  double balance;     ///< mean work of the workers / that of the busiest
};

/// The numbers of workers worth comparing: 1, and `most` halved again and again. Ascending.
std::vector<std::int32_t> worker_counts(std::int32_t most);

/// Into how many chunks the rows of an image are worth cutting for so many workers and images.
std::vector<std::int64_t> row_part_counts(std::int32_t workers, std::int64_t images);

/// The product of all weights by so many rows that another layer wrote.
MatrixWork layer_work(const Machine& machine, const MatrixGeometry& weights, std::int64_t rows) noexcept;

/// work: all rows, all columns, and where the operands lie.
std::vector<Candidate<GemmBlocking>> matrix_candidates(const Machine& machine, const MatrixWork& work,
                                                       std::int64_t panels, std::int32_t workers);

/// work.out_rows and work.channels do not count: all of them, in `images` images.
std::vector<Candidate<DepthwiseBlocking>> depthwise_candidates(const Machine& machine, const DepthwiseGeometry& stage,
                                                               const DepthwiseWork& work, std::int64_t images,
                                                               std::int32_t workers);

Partition partition_of(std::int64_t row_parts, std::int64_t channel_parts, std::int32_t workers) noexcept;

/// Index of the candidate with the least seconds(candidate); of equals the first. There is at least one.
template <class C, class Seconds>
std::size_t fastest(const std::vector<C>& candidates, const Seconds& seconds) noexcept {
  std::size_t best = 0;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (seconds(candidates[i]) < seconds(candidates[best])) best = i;
  }
  return best;
}
/// By their estimates.
template <class C>
std::size_t fastest(const std::vector<C>& candidates) noexcept {
  return fastest(candidates, [](const C& c) { return c.estimate.seconds; });
}

/// Index of the candidate with the number `wanted`, from 1; of the fastest for 0 or a number that there is not.
template <class C>
std::size_t choose(const std::vector<C>& candidates, std::int32_t wanted) noexcept {
  const auto number = static_cast<std::size_t>(wanted);
  return wanted >= 1 && number <= candidates.size() ? number - 1 : fastest(candidates);
}

}  // namespace tandem::inline TANDEM_ABI::internal
