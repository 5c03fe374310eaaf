#include <algorithm>
#include <utility>

#include "src/base/checked.hpp"
#include "src/plan/transposed.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Calls of the panel kernel for the whole image: for each pair of phases one for each row of a rectangle, along its
// longer side, see stages/windows.cpp.
std::vector<RegularWork::Calls> calls_of(const TransposedGeometry& g) {
  std::vector<RegularWork::Calls> calls;
  for (const Phase& rows : g.rows) {
    for (const Phase& columns : g.columns) {
      for (const TapClass& ys : rows.taps.classes) {
        for (const TapClass& xs : columns.taps.classes) {
          const double height = real(ys.end - ys.begin);
          const double width = real(xs.end - xs.begin);
          const double taps = real((ys.last_tap - ys.first_tap) * (xs.last_tap - xs.first_tap));
          calls.push_back({real(rows.width) * real(columns.width) * std::min(height, width), std::max(height, width),
                           taps * real(g.channels)});
        }
      }
    }
  }
  return calls;
}

Candidate<TransposedBlocking> transposed_candidate(const Machine& machine, const TransposedGeometry& g,
                                                   std::vector<RegularWork::Calls> calls, const TransposedBlocking& b,
                                                   std::int32_t workers) {
  const std::int64_t tasks = g.images * b.row_chunks * g.groups * b.panel_groups;
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
  const std::int64_t panels = g.matrix.panels.count();
  const double chunk = real(ceil_div(g.periods(), b.row_chunks));
  const double share = chunk / real(g.periods());  // of the rows of an image
  const std::int64_t task_panels = ceil_div(panels, b.panel_groups);
  const double columns = real(task_panels) / real(panels);
  const double src_bytes = real(g.y.in * g.x.in) * real(g.channels * g.groups) * machine.tensor_bytes;
  const double pixel_bytes = real(g.matrix.n() * g.groups) * machine.tensor_bytes;
  const double dst_bytes = real(g.y.out * g.x.out) * pixel_bytes;
  for (RegularWork::Calls& c : calls) c.count *= share;

  RegularWork work{};
  work.calls = std::move(calls);
  work.k = real(g.matrix.k);
  work.n = real(g.matrix.n()) * columns;
  work.src_bytes = share * src_bytes / real(g.groups);
  work.dst_bytes = share * columns * dst_bytes / real(g.groups);
  const Place src = written_tensor(src_bytes);
  work.src = g.images * b.row_chunks < workers ? of_other_cores(src) : src;
  work.weights = cold_weights(real(static_cast<std::int64_t>(g.matrix.packed_bytes)) * real(g.groups));
  const double phases = real(static_cast<std::int64_t>(g.rows.size() * g.columns.size()));
  const double row_bytes = kernels::Panels::kVectors * real(machine.lanes) * machine.weight_bytes;
  work.weights_again = nearer({work.k / phases * row_bytes}, work.weights);
  work.dst = written_tensor(dst_bytes);

  const Machine shared = shared_by(machine, workers);
  Estimate task = regular_cost(shared, work);
  // Each phase reads the input again. Phases of columns write to each other's cache lines.
  const Place between{work.src_bytes + work.dst_bytes};
  task.add(prefetch_cost(shared, nearer(between, work.src), (phases - 1.0) * real(task_panels) * work.src_bytes));
  constexpr double kLineBytes = 64.0;
  const double lines = std::min(1.0, kLineBytes / (pixel_bytes * columns)) * work.dst_bytes;
  const double again = real(static_cast<std::int64_t>(g.columns.size())) - 1.0;
  task.add(prefetch_cost(shared, nearer(between, work.dst), 2.0 * again * lines));

  const double busiest = real(ceil_div(tasks, workers));
  Candidate<TransposedBlocking> c{b, workers, {}, 1.0};
  c.estimate.add(task, real(tasks));
  c.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task.seconds, workers);
  const double all = real(g.images * g.periods() * g.groups * panels);
  c.balance = std::min(1.0, all / (busiest * workers * chunk * real(task_panels)));
  return c;
}

}  // namespace

std::vector<Candidate<TransposedBlocking>> transposed_candidates(const Machine& machine, const TransposedGeometry& g,
                                                                 std::int32_t most) {
  const std::vector<RegularWork::Calls> calls = calls_of(g);
  std::vector<Candidate<TransposedBlocking>> candidates;
  for (const std::int32_t workers : worker_counts(most)) {
    const auto consider = [&](std::int64_t chunks, std::int64_t panel_groups) {
      const TransposedBlocking b{std::clamp<std::int64_t>(chunks, 1, g.periods()), panel_groups};
      for (const Candidate<TransposedBlocking>& c : candidates) {
        if (c.workers == workers && c.blocking.row_chunks == b.row_chunks && c.blocking.panel_groups == panel_groups) {
          return;
        }
      }
      candidates.push_back(transposed_candidate(machine, g, calls, b, workers));
    };
    // Many chunks keep in- and output of each in L2 while all phases pass; few read the weights less often.
    for (const std::int64_t chunks : {1, 4, 16}) consider(chunks * (g.images >= workers ? 1 : workers), 1);
    consider(g.periods(), 1);
    for (std::int64_t groups = 2;
         workers > 1 && groups <= std::min<std::int64_t>(kTasksAWorker * workers, g.matrix.panels.count());
         groups *= 2) {
      consider(std::max<std::int64_t>(workers / groups, 1), groups);
    }
  }
  return candidates;
}

}  // namespace tandem::inline TANDEM_ABI::internal
