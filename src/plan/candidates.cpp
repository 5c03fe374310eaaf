#include "src/plan/candidates.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// The estimate of all tasks of a stage. A worker's first task costs `first`, each later one `next`: shares are
/// consecutive tasks, see Worker::share().
Estimate shared_out(const Machine& machine, const Estimate& first, const Estimate& next, std::int64_t tasks,
                    std::int32_t workers) {
  const auto busiest = static_cast<double>(ceil_div(tasks, workers));
  Estimate e;
  e.add(first, workers).add(next, static_cast<double>(tasks - workers));
  e.seconds = fork_cost(machine, workers) + (first.seconds - next.seconds) +
              finish_cost(machine, busiest, next.seconds, workers);
  return e;
}

/// Mean work of the workers / work of the busiest one. A task has `task` of `all` units of work.
double balance_of(double all, double task, std::int64_t tasks, std::int32_t workers) noexcept {
  return std::min(1.0, all / (workers * task * static_cast<double>(ceil_div(tasks, workers))));
}

std::int32_t at_most(std::int32_t workers, std::int64_t tasks) noexcept {
  return static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
}

bool same(const GemmBlocking& a, const GemmBlocking& b) noexcept {
  return a.row_block == b.row_block && a.panel_groups == b.panel_groups;
}
bool same(const DepthwiseBlocking& a, const DepthwiseBlocking& b) noexcept {
  return a.row_chunk == b.row_chunk && a.channel_block == b.channel_block;
}

/// Numbers of groups of columns for a grid: 2, 4 ... up to kTasksAWorker per worker, and at most `most`.
std::vector<std::int64_t> group_counts(std::int32_t workers, std::int64_t most) {
  std::vector<std::int64_t> counts;
  for (std::int64_t groups = 2; groups <= std::min(kTasksAWorker * workers, most); groups *= 2)
    counts.push_back(groups);
  return counts;
}

/// Adds a candidate unless the list has the same one.
template <class Blocking>
void add(std::vector<Candidate<Blocking>>& candidates, const Candidate<Blocking>& candidate) {
  for (const Candidate<Blocking>& c : candidates) {
    if (c.workers == candidate.workers && same(c.blocking, candidate.blocking)) return;
  }
  candidates.push_back(candidate);
}

Candidate<GemmBlocking> matrix_candidate(const Machine& machine, const MatrixWork& work, std::int64_t panels,
                                         std::int64_t row_blocks, std::int64_t panel_groups, std::int32_t workers) {
  const auto rows = static_cast<std::int64_t>(work.rows);
  // With many blocks, blocks of whole tiles. With one block per worker, equal shares, whose tiles may be a row lower.
  const std::int64_t share = ceil_div(rows, row_blocks);
  const std::int64_t row_block = row_blocks <= workers ? share : std::min(round_up(share, machine.tile_rows), rows);
  const GemmBlocking b{row_block, ceil_div(rows, row_block), panel_groups};
  workers = at_most(workers, b.tasks());

  MatrixWork task = work;
  if (b.row_blocks < workers) task.a = of_other_cores(work.a);
  task.rows = static_cast<double>(row_block);
  task.n = work.n * static_cast<double>(ceil_div(panels, panel_groups)) / static_cast<double>(panels);
  const Estimate first = matrix_cost(machine, task);
  const double bytes = task.rows * (work.k + task.n) * machine.tensor_bytes + work.k * task.n * machine.weight_bytes;
  task.b = nearer(task.b, {bytes});
  const Estimate next = matrix_cost(machine, task);
  return {b, workers, shared_out(machine, first, next, b.tasks(), workers),
          balance_of(work.rows * work.n, task.rows * task.n, b.tasks(), workers)};
}

/// Of a quantised depthwise stage, one for each number of workers. Chunks of rows weave the rows between them twice, so they
/// have at least 8 rows; chunks of blocks make up for the rest.
std::vector<Candidate<DepthwiseBlocking>> woven_candidates(const Machine& machine, const DepthwiseGeometry& stage,
                                                           const DepthwiseWork& work, std::int64_t images,
                                                           std::int32_t most) {
  constexpr std::int64_t kLeastRows = 8;
  const WovenGeometry& g = *stage.woven();
  const std::int64_t out_h = stage.out_h();
  std::vector<Candidate<DepthwiseBlocking>> ways;
  for (const std::int32_t workers : worker_counts(most)) {
    const Machine shared = shared_by(machine, workers);
    const std::int64_t parts = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, images);
    std::int64_t row_chunks = std::clamp<std::int64_t>(out_h / kLeastRows, 1, parts);
    std::int64_t chunk_units = g.units();
    if (!g.spreads() && !g.copies_out()) {
      // Equal chunks, a little fewer or a little more of them: the busiest worker decides.
      const std::int64_t wanted = std::min(g.units(), ceil_div(parts, row_chunks));
      const auto busiest = [&](std::int64_t units) {
        return ceil_div(row_chunks * images * ceil_div(g.units(), units), workers) * units;
      };
      const std::int64_t more = ceil_div(g.units(), wanted), fewer = g.units() / wanted;
      chunk_units = busiest(fewer) < busiest(more) ? fewer : more;
    }
    if (chunk_units == g.units()) row_chunks = std::min(parts, out_h);
    DepthwiseBlocking b{};
    b.row_chunk = ceil_div(out_h, row_chunks);
    b.row_chunks = ceil_div(out_h, b.row_chunk);
    b.channel_blocks = ceil_div(g.units(), chunk_units);
    b.channel_block = std::min(chunk_units * g.block_channels(), stage.channels());
    if (b.channel_blocks == 1) b.channel_block = stage.channels();
    const std::int64_t tasks = images * b.tasks();
    const std::int32_t busy = at_most(workers, tasks);
    if (!ways.empty() && busy <= ways.back().workers) continue;
    DepthwiseWork task = work;
    task.out_rows = static_cast<double>(b.row_chunk);
    task.channels = static_cast<double>(stage.channels()) / static_cast<double>(b.channel_blocks);
    const Estimate cost = depthwise_cost(shared, stage, task);
    const auto busiest = static_cast<double>(ceil_div(tasks, busy));
    ways.push_back(
        {b, busy, shared_out(shared, cost, cost, tasks, busy), static_cast<double>(tasks) / (busiest * busy)});
  }
  return ways;
}

}  // namespace

std::vector<std::int32_t> worker_counts(std::int32_t most) {
  std::vector<std::int32_t> counts;
  for (std::int32_t w = most; w > 1; w = (w + 1) / 2) counts.push_back(w);
  counts.push_back(1);
  std::reverse(counts.begin(), counts.end());
  return counts;
}

MatrixWork layer_work(const Machine& machine, const MatrixGeometry& weights, std::int64_t rows) noexcept {
  const auto r = static_cast<double>(rows);
  const auto k = static_cast<double>(weights.k);
  const auto n = static_cast<double>(weights.n());
  return {r,
          k,
          n,
          written_tensor(r * k * machine.tensor_bytes),
          cold_weights(static_cast<double>(weights.packed_bytes)),
          written_tensor(r * n * machine.tensor_bytes)};
}

std::vector<std::int64_t> row_part_counts(std::int32_t workers, std::int64_t images) {
  const std::int64_t parts = images >= workers ? 1 : workers;
  if (workers == 1) return {parts};
  return {parts, kTasksAWorker * parts};
}

std::vector<Candidate<GemmBlocking>> matrix_candidates(const Machine& machine, const MatrixWork& work,
                                                       std::int64_t panels, std::int32_t most) {
  const auto rows = static_cast<std::int64_t>(work.rows);
  std::vector<Candidate<GemmBlocking>> candidates;
  for (const std::int32_t workers : worker_counts(most)) {
    const Machine shared = shared_by(machine, workers);
    // A block of rows passes all panels: small blocks keep the rows near, large ones amortise the panels.
    const std::int64_t share = ceil_div(rows, workers);
    for (const std::int64_t block : {48, 96, 192, 384, 768}) {
      if (block >= share) break;
      add(candidates, matrix_candidate(shared, work, panels, workers * ceil_div(share, block), 1, workers));
    }
    add(candidates, matrix_candidate(shared, work, panels, workers, 1, workers));
    // A grid of blocks of rows by groups of panels.
    if (workers == 1) continue;
    for (const std::int64_t groups : group_counts(workers, panels)) {
      const std::int64_t row_parts = std::max<std::int64_t>(workers / groups, 1);
      add(candidates, matrix_candidate(shared, work, panels, row_parts, groups, workers));
    }
  }
  return candidates;
}

std::vector<Candidate<DepthwiseBlocking>> depthwise_candidates(const Machine& machine, const DepthwiseGeometry& stage,
                                                               const DepthwiseWork& work, std::int64_t images,
                                                               std::int32_t most) {
  if (stage.woven() != nullptr) return woven_candidates(machine, stage, work, images, most);
  std::vector<Candidate<DepthwiseBlocking>> candidates;
  for (const std::int32_t workers : worker_counts(most)) {
    const Machine shared = shared_by(machine, workers);
    const auto consider = [&](std::int64_t row_parts, std::int64_t channel_block) {
      DepthwiseBlocking b{};
      b.row_chunk = ceil_div(stage.out_h(), std::min<std::int64_t>(row_parts, stage.out_h()));
      b.row_chunks = ceil_div(stage.out_h(), b.row_chunk);
      // Nearly equal blocks: 480 channels are two of 240, not 256 and 224, for which one of two workers would wait.
      const std::int64_t equal = ceil_div(stage.channels(), ceil_div(stage.channels(), channel_block));
      b.channel_block = std::min(round_up(equal, kLineElements), stage.channels());
      b.channel_blocks = ceil_div(stage.channels(), b.channel_block);
      DepthwiseWork task = work;
      if (images * b.row_chunks < workers) task.src = of_other_cores(work.src);
      task.out_rows = static_cast<double>(b.row_chunk);
      task.channels = static_cast<double>(stage.channels()) / static_cast<double>(b.channel_blocks);
      const Estimate cost = depthwise_cost(shared, stage, task);
      const std::int64_t tasks = images * b.tasks();
      const std::int32_t busy = at_most(workers, tasks);
      const double all =
          static_cast<double>(stage.out_h()) * static_cast<double>(stage.channels()) * static_cast<double>(images);
      add(candidates, {b, busy, shared_out(shared, cost, cost, tasks, busy),
                       balance_of(all, static_cast<double>(b.row_chunk * b.channel_block), tasks, busy)});
    };
    // Few channels keep the rows of a window in L1; many make long runs for the prefetchers.
    for (const std::int64_t row_parts : row_part_counts(workers, images)) {
      for (const std::int64_t block : {64, 128, 256, 512}) {
        if (block < stage.channels()) consider(row_parts, block);
      }
      consider(row_parts, stage.channels());
    }
    if (workers == 1) continue;
    for (const std::int64_t groups : group_counts(workers, ceil_div(stage.channels(), kLineElements))) {
      consider(std::max<std::int64_t>(workers / groups, 1), ceil_div(stage.channels(), groups));
    }
  }
  return candidates;
}

Partition partition_of(std::int64_t row_parts, std::int64_t channel_parts, std::int32_t workers) noexcept {
  if (workers == 1) return Partition::kNone;
  if (channel_parts == 1) return Partition::kRows;
  // Tasks are consecutive: workers that take all channel blocks of their rows share only rows.
  if (row_parts >= workers && row_parts % workers == 0) return Partition::kRows;
  return row_parts == 1 ? Partition::kChannels : Partition::kBoth;
}

}  // namespace tandem::inline TANDEM_ABI::internal
