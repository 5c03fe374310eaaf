#include "src/operators/squeeze_excite_block.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "src/base/pitch.hpp"
#include "src/operators/fused_block.hpp"
#include "src/operators/projection.hpp"
#include "src/operators/unfused_block.hpp"
#include "src/plan/squeeze_excite_fusion.hpp"
#include "src/stages/group_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// The first pass, fused: a task is a group of channels of some rows.
class GroupPass {
 public:
  GroupPass(const BlockStages& stages, const FusedBlocking& blocking, WorkspaceLayout& pieces) noexcept
      : s_(stages), b_(blocking), groups_(stages, blocking, stages.squeeze_excite->reduce()) {
    const DepthwiseGeometry& d = stages.depthwise.geometry();
    filtered_offset_ = pieces.add_shared(d.out_h() * d.out_w() * groups_.strip_stride());
    ring_offset_ = pieces.add_own(groups_.ring_bytes());
    scratch_offset_ = pieces.add_own(d.scratch_bytes(blocking.group_channels));
  }

  /// The tensor that it writes.
  [[nodiscard]] kernels::Rows filtered(const Workspace& memory) const noexcept {
    return {memory.shared(filtered_offset_), groups_.strip_stride()};
  }

  /// src: the image. Returns the channels that are done.
  Range run(const kernels::ConstRows& src, const Workspace& memory, std::int64_t task,
            std::int32_t worker) const noexcept {
    const DepthwiseGeometry& d = s_.depthwise.geometry();
    const std::int64_t chunk = task / b_.groups;
    const std::int64_t group = task % b_.groups;
    const kernels::Rows dst = filtered(memory);
    void* const ring = s_.expand != nullptr ? memory.own(ring_offset_, worker) : nullptr;
    const Range rows{chunk * b_.row_chunk, std::min((chunk + 1) * b_.row_chunk, d.out_h())};
    std::int64_t expanded = 0;  // input rows before this one are in the ring or no longer needed
    for (std::int64_t y = rows.begin; y < rows.end; y += b_.strip_rows) {
      const Range strip{y, std::min(y + b_.strip_rows, rows.end)};
      const Range needed = d.input_rows(strip);
      groups_.fill(src, {rows_from(dst, y * d.out_w()).data, ring, memory.own(scratch_offset_, worker)}, group, strip,
                   {std::max(expanded, needed.begin), needed.end});
      expanded = std::max(expanded, needed.end);
    }
    return groups_.channels(group);
  }

 private:
  const BlockStages& s_;
  const FusedBlocking& b_;
  GroupStages groups_;
  std::size_t filtered_offset_;
  std::size_t ring_offset_;
  std::size_t scratch_offset_;
};

class SqueezeExciteBlockPlan final : public PlanImpl {
 public:
  SqueezeExciteBlockPlan(const BlockStages& stages, const SqueezedBlocking& blocking) : s_(stages), b_(blocking) {
    const DepthwiseGeometry& d = s_.depthwise.geometry();
    if (b_.groups) {
      groups_.emplace(s_, *b_.groups, pieces);
    } else {
      unfused_.emplace(s_.geometry(), b_.stages.depthwise.blocking, pieces);
    }
    gates_.emplace(*s_.squeeze_excite, 1, pieces);
    strip_stride_ = padded_pitch(d.channels(), d.element_bytes()) * d.element_bytes();
    strip_offset_ = pieces.add_own(b_.scaled_rows * strip_stride_);
    projected_offset_ = pieces.add_own(projected_bytes(s_, b_.scaled_rows));
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    for (std::int64_t image = 0; image < info.input.n; ++image) run_image(args, image, worker);
  }

 private:
  void run_image(const RunArgs& args, std::int64_t image, Worker& worker) const noexcept {
    const DepthwiseGeometry& d = s_.depthwise.geometry();
    const Workspace memory = workspace(args);
    const kernels::ConstRows src =
        rows_from(kernels::ConstRows{args.src, info.byte_strides().src}, image * info.input.h * info.input.w);
    const GateRows gates = gates_->rows(memory);
    const auto mean_of = [&](const kernels::Rows& filtered) {
      return means(*s_.squeeze_excite, b_.gates.mean, {filtered.data, filtered.stride}, 1, d.out_h() * d.out_w(),
                   gates);
    };
    kernels::Rows filtered{};
    if (groups_) {
      filtered = groups_->filtered(memory);
      worker.share(b_.group_tasks(), [&](std::int64_t task, const Worker& w) {
        const Range channels = groups_->run(src, memory, task, w.index());
        if (b_.takes_means()) mean_of(filtered).of_channels(0, channels);
      });
    } else {
      filtered = unfused_->run(s_, b_.stages, src, memory, worker);
    }
    if (!b_.takes_means()) {
      const MeanTasks mean = mean_of(filtered);
      worker.share(mean.tasks(), mean);
    }
    run_products(*s_.squeeze_excite, b_.gates, 1, gates, worker);
    const MatrixTasks project{*s_.project, b_.stages.project.blocking,
                              projection(info, s_, args, image, {filtered.data, filtered.stride})};
    const ScaledProjectionTasks scaled{s_,     project,       gates.of_channels.data, b_.scaled_rows, strip_stride_,
                                       memory, strip_offset_, projected_offset_};
    worker.share(scaled.tasks(), scaled);
  }

  BlockStages s_;
  SqueezedBlocking b_;
  std::optional<GroupPass> groups_;
  std::optional<UnfusedTensors> unfused_;
  std::optional<GateBuffers> gates_;
  std::ptrdiff_t strip_stride_ = 0;
  std::size_t strip_offset_ = 0;      // of a worker's scaled pixels
  std::size_t projected_offset_ = 0;  // of their projection, if the block's input is added to that
};

void report_blocking(const BlockGeometry& s, const Candidate<SqueezedBlocking>& c, PlanReport& r) noexcept {
  if (!c.blocking.groups) return report_unfused(s, c.blocking.stages, r);
  const FusedBlocking& b = *c.blocking.groups;
  report_fused(s, b, r);
  r.partition = partition_of(b.row_chunks, b.groups, c.workers);
}

}  // namespace

// Candidate 1 is unfused; the others are fused.
std::unique_ptr<PlanImpl> make_squeeze_excite_block_plan(PlanInfo info, const Planning& planning,
                                                         const BlockStages& stages) {
  const SqueezeExciteBlockGeometry block{stages.geometry(), stages.squeeze_excite->geometry()};
  const std::vector<Candidate<SqueezedBlocking>> ways =
      squeezed_candidates(planning.machine, block, info.input.n, info.workers);
  const std::size_t best = fastest(ways, [](const Candidate<SqueezedBlocking>& c) {
    return c.estimate.seconds / (c.blocking.groups ? 1.0 : kWorthWholeTensors);
  });

  PlanReport& r = info.report;
  r.walk = block.stages.depthwise.walk();
  report_epilogue(stages.project->epilogue(0), info);
  r.why_not_fused = why_not_fused(block.stages);
  r.unfused_seconds = ways[0].estimate.seconds;
  const std::size_t chosen = choose(ways, planning.candidate, best);
  report_choice(ways, chosen, info);
  const auto fused = std::min_element(ways.begin() + 1, ways.end(), [](const auto& a, const auto& b) {
    return a.estimate.seconds < b.estimate.seconds;
  });
  r.fused_seconds = fused == ways.end() ? 0.0 : fused->estimate.seconds;
  const SqueezeExciteBlockPlan unfused(stages, ways[0].blocking);
  r.unfused_workspace_bytes = unfused.pieces.bytes(ways[0].workers);
  report_blocking(block.stages, ways[chosen], r);
  if (const auto& groups = ways[chosen].blocking.groups) {
    r.recomputed_multiply_adds = info.input.n * recomputed_multiply_adds(block.stages, *groups);
  }
  auto plan = std::make_unique<SqueezeExciteBlockPlan>(stages, ways[chosen].blocking);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::inline TANDEM_ABI::internal
