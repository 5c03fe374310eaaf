#include "src/plan/squeeze_excite_fusion.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Pixels whose scaled channels stay in half of L1 while the panels of the projection pass, in whole tiles, of which
// several amortise a panel.
std::int64_t scaled_rows(const Machine& machine, const DepthwiseGeometry& d) noexcept {
  constexpr std::int64_t kFewestTiles = 2;
  constexpr std::int64_t kMostRows = 216;
  const std::int64_t fits = machine.caches.l1 / 2 / (d.channels() * d.element_bytes()) / machine.tile_rows;
  return std::min(std::max(fits, kFewestTiles) * machine.tile_rows, round_up(kMostRows, machine.tile_rows));
}

double filtered_bytes(const Machine& machine, const DepthwiseGeometry& d) noexcept {
  return real(d.out_h() * d.out_w() * d.channels()) * machine.tensor_bytes;
}

Place of_others(const Place& written, std::int32_t workers) noexcept {
  return workers == 1 ? written : of_other_cores(written);
}

// The second pass: all workers scale and project their pixels. Each group of panels scales its pixels again.
Candidate<GemmBlocking> scaled_projection(const Machine& machine, const BlockGeometry& s, std::int64_t rows,
                                          std::int32_t workers) {
  const DepthwiseGeometry& d = s.depthwise;
  const double pixels = real(d.out_h() * d.out_w());
  const Place strip{real(rows * d.channels()) * machine.tensor_bytes};
  const Place dst = written_tensor(pixels * real(s.project.n()) * machine.tensor_bytes);
  const MatrixWork work{
      pixels, real(d.channels()), real(s.project.n()), strip, cold_weights(static_cast<double>(s.project.packed_bytes)),
      dst};
  std::vector<Candidate<GemmBlocking>> ways = matrix_candidates(machine, work, s.project.panels.count(), workers);
  const double bytes = filtered_bytes(machine, d);
  for (Candidate<GemmBlocking>& way : ways) {
    Estimate scaling = stream_cost(shared_by(machine, way.workers), bytes);
    scaling.seconds += bytes / machine.model.l1_bandwidth;
    scaling.seconds /= way.workers * way.balance;
    way.estimate.add(scaling, real(way.blocking.panel_groups));
  }
  return ways[fastest(ways)];
}

// One task of the first pass: some rows of a group, strip after strip.
Estimate task_cost(const Machine& machine, const BlockGeometry& s, const FusedBlocking& b, const Place& src) noexcept {
  const DepthwiseGeometry& d = s.depthwise;
  const double strips = real(ceil_div(b.row_chunk, b.strip_rows));
  const double rows = real(b.row_chunk) / strips;
  const double fresh = real(d.input_extent(b.row_chunk)) / strips;
  const double channels = real(d.channels()) / real(b.groups);
  const double ring = real(b.ring_rows * d.in_w() * b.ring_pitch) * machine.tensor_bytes;
  const auto weights = static_cast<double>(!s.expand ? 0 : s.expand->packed_bytes);
  const Place filtered = written_tensor(filtered_bytes(machine, d));
  const auto strip = [&](const Place& from) {
    return groups_cost(machine, s, b, rows, fresh, 1.0, channels, src, filtered, from);
  };
  Estimate e = strip(cold_weights(weights));
  if (strips > 1.0) e.add(strip({ring + weights / real(b.groups), Level::kL2}), strips - 1.0);
  return e;
}

// The numbers of groups of channels to compare, for at least `fewest` tasks. Few groups read the input seldom; with
// many, a group's expanded rows stay in L1. Without an expansion a group of few cache lines only makes short runs.
std::vector<std::int64_t> group_counts(const BlockGeometry& s, std::int64_t fewest) {
  const std::int64_t units = channel_units(s);
  std::vector<std::int64_t> counts;
  for (const std::int64_t units_of_group : {16, 4, 1}) {
    if (units_of_group == 1 && !s.expand && !counts.empty()) break;
    const std::int64_t count = ceil_div(units, units_of_group);
    if (count >= std::min(fewest, units) && (counts.empty() || count != counts.back())) counts.push_back(count);
  }
  return counts;
}

class Candidates {
 public:
  Candidates(const Machine& machine, const SqueezeExciteBlockGeometry& block, std::int64_t images, std::int32_t workers)
      : machine_(machine),
        later_(already_forked(machine)),
        block_(block),
        images_(images),
        workers_(workers),
        scaled_rows_(scaled_rows(machine, block.stages.depthwise)),
        reduce_(product_step(later_, block.gates.reduce, 1, workers)),
        expand_(product_step(later_, block.gates.expand, 1, workers)),
        project_(scaled_projection(later_, block.stages, scaled_rows_, workers)) {}

  [[nodiscard]] Candidate<SqueezedBlocking> unfused() const {
    Candidate<SqueezedBlocking> c = second_pass(mean_step(later_, filtered(), workers_));
    const Candidate<UnfusedBlocking> stages = unfused_candidate(machine_, block_.stages, 1, workers_);
    c.blocking.stages = stages.blocking;
    c.blocking.stages.project = project_;
    if (block_.stages.expand) add_step(c, stages.blocking.expand, real(images_));
    add_step(c, stages.blocking.depthwise, real(images_));
    return finished(c);
  }

  [[nodiscard]] Candidate<SqueezedBlocking> fused(const FusedBlocking& b) const {
    const BlockGeometry& s = block_.stages;
    const std::int64_t tasks = b.row_chunks * b.groups;
    const auto workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers_, tasks));
    const Machine shared = shared_by(machine_, workers);
    // Layers are assumed to share rows: workers that share channels read what others wrote.
    const Place src = of_others(src_place(machine_, s), b.row_chunks < workers ? workers : 1);
    Estimate task = task_cost(shared, s, b, src);
    const bool takes_means = b.row_chunks == 1;
    if (takes_means) task.add(stream_cost(shared, filtered_bytes(machine_, s.depthwise) / real(b.groups)));
    Step<FusedBlocking> first = {b, workers, {}, 1.0};
    const double busiest = real(ceil_div(tasks, workers));
    first.balance = std::min(1.0, real(tasks) / (busiest * workers));
    first.estimate.add(task, real(tasks));
    first.estimate.seconds = fork_cost(machine_, workers) + finish_cost(machine_, busiest, task.seconds, workers);

    const Step<std::int64_t> none{0, 1, {}, 1.0};
    Candidate<SqueezedBlocking> c = second_pass(takes_means ? none : mean_step(later_, filtered(), workers_));
    c.blocking.groups = b;
    add_step(c, first, real(images_));
    return finished(c);
  }

 private:
  // The tensor whose means are taken.
  [[nodiscard]] Shape filtered() const noexcept {
    const DepthwiseGeometry& d = block_.stages.depthwise;
    return {1, d.out_h(), d.out_w(), d.channels()};
  }

  // From the means on.
  [[nodiscard]] Candidate<SqueezedBlocking> second_pass(const Step<std::int64_t>& mean) const {
    Candidate<SqueezedBlocking> c{};
    c.workers = 1;
    c.blocking.gates = {mean, reduce_, expand_};
    c.blocking.stages.project = project_;
    c.blocking.scaled_rows = scaled_rows_;
    add_step(c, mean, real(images_));
    add_step(c, reduce_, real(images_));
    add_step(c, expand_, real(images_));
    add_step(c, project_, real(images_));
    return c;
  }

  static Candidate<SqueezedBlocking> finished(Candidate<SqueezedBlocking> c) noexcept {
    finish_steps(c);
    return c;
  }

  const Machine& machine_;
  Machine later_;
  const SqueezeExciteBlockGeometry& block_;
  std::int64_t images_;
  std::int32_t workers_;
  std::int64_t scaled_rows_;
  Step<GemmBlocking> reduce_;
  Step<GemmBlocking> expand_;
  Step<GemmBlocking> project_;
};

}  // namespace

std::vector<Candidate<SqueezedBlocking>> squeezed_candidates(const Machine& machine,
                                                             const SqueezeExciteBlockGeometry& block,
                                                             std::int64_t images, std::int32_t most) {
  const BlockGeometry& s = block.stages;
  const std::int64_t out_h = s.depthwise.out_h();
  std::vector<Candidate<SqueezedBlocking>> candidates = {Candidates(machine, block, images, most).unfused()};
  if (why_not_fused(s) != nullptr) return candidates;
  for (const std::int32_t workers : worker_counts(most)) {
    const Candidates ways(machine, block, images, workers);
    std::int64_t last_chunk = 0;
    for (const std::int64_t parts : {std::int64_t{1}, std::int64_t{workers}, kTasksAWorker * workers}) {
      const std::int64_t chunk = ceil_div(out_h, std::min(parts, out_h));
      if (chunk == last_chunk || (workers == 1 && parts > 1)) continue;
      last_chunk = chunk;
      const std::int64_t fewest = parts == 1 ? workers : 1;
      // Every other height suffices. Without a ring, strips gain nothing.
      const std::vector<std::int64_t> heights = strip_heights(s.depthwise, chunk);
      for (std::size_t i = 0; i < (s.expand ? heights.size() : 1); i += 2) {
        for (const std::int64_t groups : group_counts(s, fewest)) {
          candidates.push_back(ways.fused(group_blocking(machine, s, chunk, heights[i], groups)));
        }
      }
    }
  }
  return candidates;
}

}  // namespace tandem::inline TANDEM_ABI::internal
