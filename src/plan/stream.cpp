#include "src/plan/stream.hpp"

#include <algorithm>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

Candidate<std::int64_t> stream_candidate(const Machine& machine, const StreamWork& work, std::int32_t workers) {
  constexpr std::int64_t kFewestElements = 2048;  // of a task: with fewer, taking it would cost as much as its work
  const std::int64_t fewest = std::max<std::int64_t>(kFewestElements / work.channels, 1);
  const std::int64_t wanted = workers == 1 ? 1 : kTasksAWorker * workers;
  const std::int64_t blocks = std::clamp<std::int64_t>(work.pixels / fewest, 1, wanted);
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, blocks));

  const Machine shared = shared_by(machine, workers);
  Estimate all = copy_cost(shared, work.written_bytes);
  all.add(stream_cost(shared, work.read_bytes - work.written_bytes));
  all.seconds += work.cycles * machine.cycle * real(work.pixels) * real(work.channels) / real(machine.lanes);
  const double busiest = real(ceil_div(blocks, workers));
  Candidate<std::int64_t> c{blocks, workers, all, real(blocks) / (busiest * workers)};
  c.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, all.seconds / real(blocks), workers);
  return c;
}

}  // namespace

std::vector<Candidate<std::int64_t>> stream_candidates(const Machine& machine, const StreamWork& work,
                                                       std::int32_t workers) {
  std::vector<Candidate<std::int64_t>> ways;
  for (const std::int32_t count : worker_counts(workers)) {
    const Candidate<std::int64_t> way = stream_candidate(machine, work, count);
    if (ways.empty() || way.workers > ways.back().workers) ways.push_back(way);
  }
  return ways;
}

}  // namespace tandem::inline TANDEM_ABI::internal
