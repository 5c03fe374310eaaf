#include "src/plan/squeeze_excite.hpp"

#include <vector>

#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Step<std::int64_t> stream_step(const Machine& machine, const Estimate& all, std::int64_t images, std::int64_t blocks,
                               std::int32_t workers) noexcept {
  const std::int64_t tasks = images * blocks;
  Step<std::int64_t> step{blocks, static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks)), all, 1.0};
  const auto busiest = static_cast<double>(ceil_div(tasks, step.workers));
  step.balance = static_cast<double>(tasks) / (busiest * step.workers);
  step.estimate.seconds = fork_cost(machine, step.workers) +
                          finish_cost(machine, busiest, all.seconds / static_cast<double>(tasks), step.workers);
  return step;
}

Step<std::int64_t> mean_step(const Machine& machine, const Shape& s, std::int32_t workers) noexcept {
  const auto bytes = static_cast<double>(s.elements()) * machine.tensor_bytes;
  const Machine shared = shared_by(machine, workers);
  const std::int64_t wanted = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, s.n);
  const std::int64_t lines = std::clamp<std::int64_t>(ceil_div(s.c, kLineElements), 1, wanted);
  return faster(stream_step(machine, stream_cost(machine, bytes), s.n, 1, 1),
                stream_step(shared, stream_cost(shared, bytes), s.n, lines, workers));
}

Step<GemmBlocking> product_step(const Machine& machine, const MatrixGeometry& weights, std::int64_t images,
                                std::int32_t workers) {
  const std::vector<Step<GemmBlocking>> ways =
      matrix_candidates(machine, layer_work(machine, weights, images), weights.panels.count(), workers);
  return ways[fastest(ways)];
}

}  // namespace tandem::inline TANDEM_ABI::internal
