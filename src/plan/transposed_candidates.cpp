#include <algorithm>
#include <utility>

#include "src/base/checked.hpp"
#include "src/plan/transposed.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

using Calls = std::vector<RegularWork::Calls>;

// Calls of the panel kernel for all rows and columns of a regular convolution: for each rectangle one for each of its rows or
// columns.
void add_calls(const Machine& machine, const TransposedGeometry& g, const AxisTaps& y, const AxisTaps& x, double times,
               Calls& calls) {
  for (const TapClass& ys : y.classes) {
    for (const TapClass& xs : x.classes) {
      const std::int64_t height = ys.end - ys.begin;
      const std::int64_t width = xs.end - xs.begin;
      const double taps = real((ys.last_tap - ys.first_tap) * (xs.last_tap - xs.first_tap));
      const bool along_x = runs_along_x(width, height, machine.tile_rows, y.axis.stride * g.row_bytes);
      calls.push_back(
          {times * real(along_x ? height : width), real(along_x ? width : height), taps * real(g.channels)});
    }
  }
}

Calls calls_of_phases(const Machine& machine, const TransposedGeometry& g) {
  Calls calls;
  for (const Phase& rows : g.rows) {
    for (const Phase& columns : g.columns) {
      add_calls(machine, g, rows.taps, columns.taps, real(rows.width) * real(columns.width), calls);
    }
  }
  return calls;
}

// A call takes a row of blocks.
Calls calls_of_blocks(const Machine& machine, const TransposedGeometry& g) {
  Calls calls;
  AxisTaps row;
  for (const TapClass& ys : g.joined_rows.taps.classes) {
    row.classes = {{0, 1, ys.first_tap, ys.last_tap}};
    add_calls(machine, g, row, g.joined_columns.taps, real(ys.end - ys.begin), calls);
  }
  return calls;
}

Candidate<TransposedBlocking> transposed_candidate(const Machine& machine, const TransposedGeometry& g, Calls calls,
                                                   const TransposedBlocking& b, std::int32_t workers) {
  const std::int64_t tasks = b.tasks(g);
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
  const MatrixGeometry& matrix = b.joined ? g.joined : g.matrix;
  const std::int64_t panels = matrix.panels.count();
  const double chunk = real(ceil_div(g.periods(b.joined), b.row_chunks));
  const double share = chunk / real(g.periods(b.joined));  // of the rows of an image
  const std::int64_t task_panels = ceil_div(panels, b.panel_groups);
  const double columns = real(task_panels) / real(panels);
  const double src_bytes = real(g.y.in * g.x.in) * real(g.channels * g.groups) * machine.tensor_bytes;
  const double pixel_bytes = real(g.matrix.n() * g.groups) * machine.tensor_bytes;
  const double dst_bytes = real(g.y.out * g.x.out) * pixel_bytes;
  for (RegularWork::Calls& c : calls) c.count *= share;

  RegularWork work{};
  work.calls = std::move(calls);
  work.k = real(matrix.k);
  work.n = real(matrix.n()) * columns;
  work.src_bytes = share * src_bytes / real(g.groups);
  work.dst_bytes = share * columns * dst_bytes / real(g.groups);
  const Place src = written_tensor(src_bytes);
  work.src = g.images * b.row_chunks < workers ? of_other_cores(src) : src;
  work.weights = cold_weights(real(static_cast<std::int64_t>(matrix.packed_bytes)) * real(g.groups));
  const double phases = b.joined ? 1.0 : real(static_cast<std::int64_t>(g.rows.size() * g.columns.size()));
  const double row_bytes = matrix.panels.shape(0).vectors * real(machine.lanes) * machine.weight_bytes;
  work.weights_again = nearer({work.k / phases * row_bytes}, work.weights);
  work.dst = written_tensor(dst_bytes);

  const Machine shared = shared_by(machine, workers);
  Estimate task = regular_cost(shared, work);
  if (b.joined) {
    // Each row of blocks is copied from the scratch to the output: some cycles for each piece of a row of pixels.
    constexpr double kPieceCycles = 2.0;
    const double pieces = share * real(g.y.out * g.joined_columns.taps.axis.out);
    task.seconds += 2.0 * work.dst_bytes / shared.model.l1_bandwidth + pieces * kPieceCycles * shared.cycle;
  } else {
    // Each phase reads the input again. Phases of columns write to each other's cache lines.
    constexpr double kLineBytes = 64.0;
    const Place between{work.src_bytes + work.dst_bytes};
    task.add(prefetch_cost(shared, nearer(between, work.src), (phases - 1.0) * real(task_panels) * work.src_bytes));
    const double lines = std::min(1.0, kLineBytes / (pixel_bytes * columns)) * work.dst_bytes;
    const double again = real(static_cast<std::int64_t>(g.columns.size())) - 1.0;
    task.add(prefetch_cost(shared, nearer(between, work.dst), 2.0 * again * lines));
  }

  const double busiest = real(ceil_div(tasks, workers));
  Candidate<TransposedBlocking> c{b, workers, {}, 1.0};
  c.estimate.add(task, real(tasks));
  c.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task.seconds, workers);
  const double all = real(g.images * g.periods(b.joined) * g.groups * panels);
  c.balance = std::min(1.0, all / (busiest * workers * chunk * real(task_panels)));
  return c;
}

}  // namespace

std::vector<Candidate<TransposedBlocking>> transposed_candidates(const Machine& machine, const TransposedGeometry& g,
                                                                 std::int32_t most) {
  std::vector<Candidate<TransposedBlocking>> candidates;
  for (const bool joined : {false, true}) {
    if (joined && g.joined.k == 0) break;
    const Calls calls = joined ? calls_of_blocks(machine, g) : calls_of_phases(machine, g);
    for (const std::int32_t workers : worker_counts(most)) {
      const auto consider = [&](std::int64_t chunks, std::int64_t panel_groups) {
        const TransposedBlocking b{std::clamp<std::int64_t>(chunks, 1, g.periods(joined)), panel_groups, joined};
        for (const Candidate<TransposedBlocking>& c : candidates) {
          const TransposedBlocking& other = c.blocking;
          if (c.workers == workers && other.joined == joined && other.row_chunks == b.row_chunks &&
              other.panel_groups == panel_groups) {
            return;
          }
        }
        candidates.push_back(transposed_candidate(machine, g, calls, b, workers));
      };
      // Many chunks keep in- and output of each in L2 while all phases pass; few read the weights less often.
      for (const std::int64_t chunks : {1, 4, 16}) consider(chunks * (g.images >= workers ? 1 : workers), 1);
      if (joined) continue;
      consider(g.periods(false), 1);
      for (std::int64_t groups = 2;
           workers > 1 && groups <= std::min<std::int64_t>(kTasksAWorker * workers, g.matrix.panels.count());
           groups *= 2) {
        consider(std::max<std::int64_t>(workers / groups, 1), groups);
      }
    }
  }
  return candidates;
}

}  // namespace tandem::inline TANDEM_ABI::internal
