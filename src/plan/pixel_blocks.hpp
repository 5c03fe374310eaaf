// Operators that compute their output pixel by pixel: pools over windows and resizing. The output pixels of each image
// are cut into nearly equal blocks, one task each, so a single long row has as many tasks as many short ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/base/ranges.hpp"
#include "src/plan/candidates.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct PixelBlocking {
  std::int64_t images;
  std::int64_t pixels;  ///< of an image
  std::int64_t blocks;  ///< of an image
  [[nodiscard]] std::int64_t tasks() const noexcept { return images * blocks; }
  [[nodiscard]] std::int64_t image(std::int64_t task) const noexcept { return task / blocks; }
  [[nodiscard]] Range pixels_of(std::int64_t task) const noexcept { return part(pixels, blocks, task % blocks); }
};

/// Ways to run an operator with this output, one for each number of workers. cost(machine): of the whole layer, for a
/// worker of such a machine.
template <class Cost>
std::vector<Candidate<PixelBlocking>> pixel_candidates(const Machine& machine, const Shape& output,
                                                       std::int32_t most_workers, const Cost& cost) {
  constexpr std::int64_t kFewestElements = 1024;  // of a task: less is not worth taking it
  const std::int64_t pixels = output.h * output.w;
  std::vector<Candidate<PixelBlocking>> ways;
  for (std::int32_t workers : worker_counts(most_workers)) {
    const std::int64_t wanted = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, output.n);
    const std::int64_t largest = std::max<std::int64_t>(pixels / ceil_div(kFewestElements, output.c), 1);
    const PixelBlocking b{output.n, pixels, std::min(wanted, largest)};
    workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, b.tasks()));
    if (!ways.empty() && workers <= ways.back().workers) continue;
    const auto busiest = real(ceil_div(b.tasks(), workers));
    Candidate<PixelBlocking> way{b, workers, cost(shared_by(machine, workers)), real(b.tasks()) / (busiest * workers)};
    const double task = way.estimate.seconds / real(b.tasks());
    way.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task, workers);
    ways.push_back(way);
  }
  return ways;
}

}  // namespace tandem::inline TANDEM_ABI::internal
