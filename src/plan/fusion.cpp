#include "src/plan/fusion.hpp"

#include <algorithm>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

double weight_bytes(const BlockGeometry& s) noexcept {
  return static_cast<double>((s.expand ? s.expand->packed_bytes : 0) + s.project.packed_bytes);
}

std::int64_t src_channels(const BlockGeometry& s) noexcept {
  return !s.expand ? s.depthwise.in_channels() : s.expand->inputs;
}

// The numbers of groups in which the expanded channels may pass a strip. A chunk of a single strip keeps nothing for a
// next one, so a ring of one group is enough. But a depthwise row of fewer channels still costs a call.
std::vector<std::int64_t> group_counts(const BlockGeometry& s, bool whole_chunk) {
  if (!s.expand) return {1};
  const std::int64_t units = channel_units(s);
  if (s.depthwise.woven() != nullptr) {  // a group of one block reads its new rows from L1, and no call is lost
    return units == 1 ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, units};
  }
  if (!whole_chunk) return {1};
  std::vector<std::int64_t> counts = {1};
  for (const std::int64_t count : {4, 16}) {
    if (count <= units) counts.push_back(count);
  }
  return counts;
}

Estimate project_cost(const Machine& machine, const BlockGeometry& s, const FusedBlocking& b, double rows,
                      const Place& between, const Place& weights) noexcept {
  const DepthwiseGeometry& d = s.depthwise;
  const double pixels = rows * real(d.out_w());
  const double block = std::min(real(b.project_block), pixels);
  const Place dst = written_tensor(real(d.out_h() * d.out_w() * s.project.n()) * machine.tensor_bytes);
  const double block_bytes = block * real(d.channels() + s.project.n()) * machine.tensor_bytes;
  const auto cost = [&](const Place& from) {
    return matrix_cost(machine, {block, real(s.project.k), real(s.project.n()), between, from, dst});
  };
  Estimate e = cost(weights);
  if (block < pixels) {
    const Place again = nearer(weights, {block_bytes + static_cast<double>(s.project.packed_bytes), Level::kL2});
    e.add(cost(again), pixels / block - 1.0);
  }
  return e;
}

// One task of one worker: a chunk of rows, strip after strip.
Estimate chunk_cost(const Machine& machine, const BlockGeometry& s, const FusedBlocking& b) noexcept {
  const DepthwiseGeometry& d = s.depthwise;
  const double strips = real(ceil_div(b.row_chunk, b.strip_rows));
  const double rows = real(b.row_chunk) / strips;
  const double fresh = real(d.input_extent(b.row_chunk)) / strips;
  const double bytes =
      real((b.strip_rows * d.out_w() * b.strip_pitch) + (b.ring_rows * d.in_w() * b.ring_pitch)) * machine.tensor_bytes;
  const Place between{bytes, Level::kL2};
  // From the second strip on, the weights are in L2 if they fit there beside ring and strip.
  const Place cold = cold_weights(weight_bytes(s));
  const Place warm{bytes + weight_bytes(s), Level::kL2};
  const auto strip = [&](const Place& src, const Place& weights) {
    Estimate e = groups_cost(machine, s, b, rows, fresh, real(b.groups), real(d.channels()) / real(b.groups), src,
                             between, weights);
    return e.add(project_cost(machine, s, b, rows, between, weights));
  };
  Place src = src_place(machine, s);
  Estimate e = strip(src, cold);
  if (b.prefetches_input) {
    const double prefetched = real(fresh_elements(d, b.strip_rows)) * machine.tensor_bytes;
    e.add(prefetch_cost(machine, src, prefetched), strips - 1.0);
    src = nearer({prefetched + bytes + weight_bytes(s), Level::kL2}, src);
  }
  return strips > 1.0 ? e.add(strip(src, warm), strips - 1.0) : e;
}

Candidate<FusedBlocking> by_rows(const Machine& machine, const BlockGeometry& s, std::int64_t images,
                                 const FusedBlocking& b, std::int32_t workers) noexcept {
  const std::int64_t tasks = images * b.row_chunks;
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
  const double busiest = real(ceil_div(tasks, workers));
  const Estimate chunk = chunk_cost(shared_by(machine, workers), s, b);
  Estimate e;
  e.add(chunk, real(tasks));
  e.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, chunk.seconds, workers);
  const double balance = real(images * s.depthwise.out_h()) / (workers * busiest * real(b.row_chunk));
  return {b, workers, e, std::min(balance, 1.0)};
}

Candidate<FusedBlocking> by_channels(const Machine& machine, const BlockGeometry& s, std::int64_t images,
                                     FusedBlocking b) {
  const DepthwiseGeometry& d = s.depthwise;
  const std::int32_t workers = b.channel_workers;
  const Machine shared = shared_by(machine, workers);
  const double bytes = real(b.strip_rows * d.out_w() * b.strip_pitch) * machine.tensor_bytes;
  const Place weights = cold_weights(weight_bytes(s));
  // The groups of the busiest worker. Panels are assumed to be equally wide.
  const std::int64_t units = channel_units(s);
  const double unit_channels = real(d.channels()) / real(units);
  const double row_shared = real(b.row_shared_groups);
  const double busiest = real(ceil_div(units - b.row_shared_groups, workers));
  const double groups = real(ceil_div(b.groups - b.row_shared_groups, workers));
  const auto cost = [&](std::int64_t rows, double channels) {
    return groups_cost(shared, s, b, real(rows), real(d.input_extent(rows)), 1.0, channels,
                       of_other_cores(src_place(machine, s)), {bytes / workers, Level::kL2}, weights);
  };
  const Estimate group = cost(d.out_h(), busiest / groups * unit_channels);
  const Estimate chunk = cost(ceil_div(d.out_h(), workers), unit_channels);
  const double pixels = real(d.out_h() * d.out_w());
  const auto ways = matrix_candidates(already_forked(machine),
                                      {pixels, real(s.project.k), real(s.project.n()), of_other_cores({bytes}), weights,
                                       written_tensor(pixels * real(s.project.n()) * machine.tensor_bytes)},
                                      s.project.panels.count(), workers);
  b.project = ways[fastest(ways)];
  Estimate e;
  const double balance = real(units) / (workers * (busiest + row_shared / workers));
  e.add(group, (real(units) - row_shared) / busiest * groups).add(chunk, row_shared * workers);
  e.seconds =
      fork_cost(machine, workers) + finish_cost(machine, groups, group.seconds, workers) + row_shared * chunk.seconds;
  e.add(b.project.estimate).add(e, real(images - 1));
  return {b, workers, e, std::min(balance, b.project.balance)};
}

}  // namespace

// By halving a task again and again. Below kFewestPixels per strip the projection would have too few tiles of rows to
// pay for its panels.
std::vector<std::int64_t> strip_heights(const DepthwiseGeometry& d, std::int64_t rows) {
  constexpr std::int64_t kFewestPixels = 24;
  std::vector<std::int64_t> heights;
  for (const std::int64_t parts : {1, 2, 4, 8, 16, 32, 64, 128}) {
    const std::int64_t height = ceil_div(rows, parts);
    if (!heights.empty() && (height == heights.back() || height * d.out_w() < kFewestPixels)) continue;
    heights.push_back(height);
  }
  return heights;
}

Place src_place(const Machine& machine, const BlockGeometry& s) noexcept {
  const double pixels = real(s.depthwise.in_h() * s.depthwise.in_w());
  return written_tensor(pixels * real(src_channels(s)) * machine.tensor_bytes);
}

Estimate groups_cost(const Machine& machine, const BlockGeometry& s, const FusedBlocking& b, double rows, double fresh,
                     double groups, double channels, const Place& src, const Place& between,
                     const Place& weights) noexcept {
  const DepthwiseGeometry& d = s.depthwise;
  Estimate e;
  Place expanded = src;
  if (s.expand) {
    const double group_bytes = real(b.ring_rows * d.in_w() * b.group_channels) * machine.tensor_bytes;
    expanded = nearer(between, {group_bytes});
    // Each group reads the source rows again, from where the first group brought them.
    e.add(matrix_cost(machine, {fresh * real(d.in_w()), real(s.expand->k), channels, src, weights, expanded}), groups);
  }
  return e.add(depthwise_cost(machine, d, {rows, channels, expanded, between, s.depthwise.copies()}), groups);
}

const char* why_not_fused(const BlockGeometry& s) noexcept {
  if (const WovenGeometry* woven = s.depthwise.woven()) {
    const bool whole = woven->channels() % kernels::WovenChannels::least(woven->lanes()) == 0;
    return whole && !woven->spreads() ? nullptr : "the channels fill no whole groups of woven rows";
  }
  if (!s.expand || !s.depthwise.groups().spread()) return nullptr;
  return "a ring holds no channels to multiply";
}

std::vector<Candidate<FusedBlocking>> fused_candidates(const Machine& machine, const BlockGeometry& s,
                                                       std::int64_t images, std::int32_t most) {
  const std::int64_t out_h = s.depthwise.out_h();
  std::vector<Candidate<FusedBlocking>> candidates;
  if (why_not_fused(s) != nullptr) return candidates;
  for (const std::int32_t workers : worker_counts(most)) {
    // Whole images if there are enough of them: these have no seams.
    std::int64_t last_chunk = 0;
    for (const std::int64_t parts : row_part_counts(workers, images)) {
      const std::int64_t chunk = ceil_div(out_h, std::min(parts, out_h));
      if (chunk == last_chunk) continue;
      last_chunk = chunk;
      for (const std::int64_t strip : strip_heights(s.depthwise, chunk)) {
        for (const std::int64_t groups : group_counts(s, strip >= chunk)) {
          candidates.push_back(by_rows(machine, s, images, row_blocking(machine, s, chunk, strip, groups), workers));
        }
      }
    }
    const auto sharing = static_cast<std::int32_t>(std::min<std::int64_t>(workers, channel_units(s)));
    if (sharing == 1) continue;
    candidates.push_back(by_channels(machine, s, images, channel_blocking(machine, s, sharing, 0)));
    const std::int64_t left_over = !s.expand ? 0 : channel_units(s) % sharing;
    if (left_over > 0 && out_h >= sharing) {
      candidates.push_back(by_channels(machine, s, images, channel_blocking(machine, s, sharing, left_over)));
    }
  }
  return candidates;
}

Candidate<UnfusedBlocking> unfused_candidate(const Machine& machine, const BlockGeometry& s, std::int64_t images,
                                             std::int32_t most) {
  const DepthwiseGeometry& d = s.depthwise;
  const double in_pixels = real(d.in_h() * d.in_w());
  const double out_pixels = real(d.out_h() * d.out_w());
  const Place src = written_tensor(in_pixels * real(src_channels(s)) * machine.tensor_bytes);
  // A worker of the next stage reads what other workers wrote, because stages divide their work differently.
  const auto hidden = [&](double bytes) {
    const Place written = written_tensor(bytes);
    return most == 1 ? written : of_other_cores(written);
  };
  const Place hidden_in = hidden(in_pixels * real(d.in_channels()) * machine.tensor_bytes);
  const Place hidden_out = hidden(out_pixels * real(d.channels()) * machine.tensor_bytes);
  const Place dst = written_tensor(out_pixels * real(s.project.n()) * machine.tensor_bytes);
  const Place weights = cold_weights(weight_bytes(s));

  Candidate<UnfusedBlocking> c{};
  c.balance = 1.0;
  const auto append = [&](const auto& stage) {
    c.estimate.add(stage.estimate, real(images));
    c.balance = std::min(c.balance, stage.balance);
    return stage;
  };
  if (s.expand) {
    const MatrixWork work{in_pixels, real(s.expand->k), real(s.expand->n()), src, weights, hidden_in};
    const auto ways = matrix_candidates(machine, work, s.expand->panels.count(), most);
    c.blocking.expand = append(ways[fastest(ways)]);
  }
  const Machine later = !s.expand ? machine : already_forked(machine);
  const auto depthwise = depthwise_candidates(
      later, d, {0.0, 0.0, !s.expand ? src : hidden_in, hidden_out, s.depthwise.copies()}, 1, most);
  c.blocking.depthwise = append(depthwise[fastest(depthwise)]);
  const MatrixWork work{out_pixels, real(s.project.k), real(s.project.n()), hidden_out, weights, dst};
  const auto project = matrix_candidates(already_forked(machine), work, s.project.panels.count(), most);
  c.blocking.project = append(project[fastest(project)]);
  c.workers = c.blocking.workers();
  return c;
}

}  // namespace tandem::inline TANDEM_ABI::internal
