#include "src/plan/regular.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Calls of the panel kernel for the whole image, by windows: one for each row or column of a rectangle.
std::vector<RegularWork::Calls> calls_by_windows(const Machine& machine, const RegularGeometry& g) {
  std::vector<RegularWork::Calls> calls;
  const std::vector<TapClass> columns = classify_outputs(g.x);
  for (const TapClass& ys : classify_outputs(g.y)) {
    for (const TapClass& xs : columns) {
      const std::int64_t height = ys.end - ys.begin;
      const std::int64_t width = xs.end - xs.begin;
      const double k = real((ys.last_tap - ys.first_tap) * (xs.last_tap - xs.first_tap) * g.channels);
      if (width == g.x.out && rows_join(g.y, g.x)) {
        calls.push_back({1.0, real(height * width), k});
        continue;
      }
      const bool along_x = runs_along_x(width, height, machine.tile_rows, g.y.stride * g.row_bytes);
      calls.push_back({real(along_x ? height : width), real(along_x ? width : height), k});
    }
  }
  return calls;
}

// The same by taps: for each tap and block of channels, one call per row of outputs that use the tap.
std::vector<RegularWork::Calls> calls_by_taps(const RegularGeometry& g, std::int64_t channel_block) {
  const double rows = real(taps_inside(g.y));  // rows of outputs, summed over all kernel rows
  const std::int64_t blocks = ceil_div(g.channels, channel_block);
  std::vector<RegularWork::Calls> calls;
  for (std::int64_t kx = 0; kx < g.x.kernel; ++kx) {
    const Range xs = outputs_of_tap(g.x, kx);
    if (xs.begin >= xs.end) continue;
    calls.push_back({rows * real(blocks), real(xs.end - xs.begin), real(g.channels) / real(blocks)});
  }
  calls.push_back({2.0 * real(g.y.out), real(g.x.out), 0.0});  // the bias before, the activation after
  return calls;
}

// The channel block of a product tap by tap: as many channels as keep a panel's weights in half of L1.
std::int64_t channel_block_of(const Machine& machine) noexcept {
  const double row_bytes = real(machine.panel_vectors * machine.lanes) * machine.weight_bytes;
  return std::max<std::int64_t>(static_cast<std::int64_t>(real(machine.caches.l1) / 2.0 / row_bytes), 1);
}

struct Tensors {
  double src_bytes;  // of an image
  double dst_bytes;
};

Candidate<RegularBlocking> regular_candidate(const Machine& machine, const RegularGeometry& g, const Tensors& t,
                                             std::vector<RegularWork::Calls> calls, const RegularBlocking& b,
                                             std::int32_t workers) {
  const std::int64_t image_tasks = b.row_chunks * g.groups * b.panel_groups;
  const std::int64_t tasks = g.images * image_tasks;
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
  const std::int64_t panels = g.matrix.panels.count();
  const double share = real(b.row_chunk(g)) / real(g.y.out);  // of the rows of an image
  const double columns = real(ceil_div(panels, b.panel_groups)) / real(panels);
  for (RegularWork::Calls& c : calls) c.count *= share;

  RegularWork work{};
  work.calls = std::move(calls);
  work.k = real(g.matrix.k);
  work.n = real(g.matrix.n()) * columns;
  work.permutes = g.permutes;
  work.src_bytes = std::min(share * t.src_bytes / real(g.groups), t.src_bytes);
  work.dst_bytes = share * columns * t.dst_bytes / real(g.groups);
  const double row_bytes = real(machine.panel_vectors * machine.lanes);
  work.sums_bytes = b.channel_block == 0 ? 0.0 : real(b.row_chunk(g) * g.x.out) * row_bytes * sizeof(float);
  const Place src = written_tensor(t.src_bytes);
  work.src = g.images * b.row_chunks < workers ? of_other_cores(src) : src;
  work.weights = cold_weights(real(static_cast<std::int64_t>(g.matrix.packed_bytes)) * real(g.groups));
  const double steps = b.channel_block == 0 ? work.k : std::min(real(b.channel_block), real(g.channels));
  work.weights_again = nearer({steps * row_bytes * machine.weight_bytes}, work.weights);
  work.dst = written_tensor(t.dst_bytes);

  const Estimate task = regular_cost(shared_by(machine, workers), work);
  const double busiest = real(ceil_div(tasks, workers));
  Candidate<RegularBlocking> c{b, workers, {}, 1.0};
  c.estimate.add(task, real(tasks));
  c.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task.seconds, workers);
  const double all = real(g.images * g.y.out * g.groups * panels);
  c.balance = std::min(1.0, all / (busiest * workers * real(b.row_chunk(g)) * real(ceil_div(panels, b.panel_groups))));
  return c;
}

}  // namespace

std::vector<Candidate<RegularBlocking>> regular_candidates(const Machine& machine, const RegularGeometry& g,
                                                           std::int32_t most) {
  const Tensors tensors{real(g.y.in * g.x.in) * real(g.in_channels) * machine.tensor_bytes,
                        real(g.y.out * g.x.out) * real(g.matrix.n() * g.groups) * machine.tensor_bytes};
  std::vector<Candidate<RegularBlocking>> candidates;
  for (const std::int64_t channel_block : {std::int64_t{0}, channel_block_of(machine)}) {
    if (channel_block > 0 && g.planes) break;
    const std::vector<RegularWork::Calls> calls =
        channel_block == 0 ? calls_by_windows(machine, g) : calls_by_taps(g, channel_block);
    for (const std::int32_t workers : worker_counts(most)) {
      const auto consider = [&](std::int64_t chunks, std::int64_t panel_groups) {
        const RegularBlocking b{std::clamp<std::int64_t>(chunks, 1, g.y.out), panel_groups, channel_block};
        for (const Candidate<RegularBlocking>& c : candidates) {
          const RegularBlocking& other = c.blocking;
          if (c.workers == workers && other.row_chunks == b.row_chunks && other.panel_groups == b.panel_groups &&
              other.channel_block == b.channel_block) {
            return;
          }
        }
        candidates.push_back(regular_candidate(machine, g, tensors, calls, b, workers));
      };
      // Many chunks keep the input of each in L2; few read the weights less often.
      for (const std::int64_t chunks : {1, 4, 16}) consider(chunks * (g.images >= workers ? 1 : workers), 1);
      consider(g.y.out, 1);
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
