#include "src/operators/fused_block.hpp"

#include <algorithm>
#include <utility>

#include "src/base/checked.hpp"
#include "src/operators/projection.hpp"
#include "src/stages/group_stages.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// Offsets of the pieces of the workspace.
struct FusedOffsets {
  std::size_t strip;
  std::size_t ring;
  std::size_t scratch;
  std::size_t projected;
};

FusedOffsets lay_out(const BlockStages& s, const FusedBlocking& b, WorkspaceLayout& pieces) noexcept {
  const DepthwiseGeometry& d = s.depthwise.geometry();
  FusedOffsets at{};
  // If workers share channels, they share the strip. A ring that holds one group's channels is each worker's own.
  const std::int64_t strip_bytes = b.strip_rows * d.out_w() * b.strip_pitch * d.element_bytes();
  at.strip = b.shares_channels() ? pieces.add_shared(strip_bytes) : pieces.add_own(strip_bytes);
  at.ring = pieces.add_own(b.ring_rows * d.in_w() * b.ring_pitch * d.element_bytes());
  at.scratch = pieces.add_own(d.scratch_bytes(b.group_channels));
  at.projected = pieces.add_own(projected_bytes(s, std::max(b.project_block, kAddedPixels)));
  return at;
}

class FusedPlan final : public PlanImpl {
 public:
  FusedPlan(const BlockStages& stages, const FusedBlocking& blocking)
      : s_(stages),
        d_(s_.depthwise.geometry()),
        b_(blocking),
        groups_(s_, b_, *s_.project),
        offsets_(lay_out(s_, blocking, pieces)) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const Workspace memory = workspace(args);
    if (b_.shares_channels()) {
      for (std::int64_t image = 0; image < info.input.n; ++image) run_image_by_channels(args, memory, image, worker);
    } else {
      worker.share(info.input.n * b_.row_chunks, [&](std::int64_t task, const Worker& w) {
        run_rows(args, task / b_.row_chunks, task % b_.row_chunks,
                 buffers(memory, memory.own(offsets_.strip, w.index()), w.index()),
                 memory.own(offsets_.projected, w.index()));
      });
    }
  }

 private:
  [[nodiscard]] std::ptrdiff_t strip_stride() const noexcept { return groups_.strip_stride(); }
  [[nodiscard]] GroupBuffers buffers(const Workspace& memory, void* strip, std::int32_t worker) const noexcept {
    return {strip, s_.expand != nullptr ? memory.own(offsets_.ring, worker) : nullptr,
            memory.own(offsets_.scratch, worker)};
  }
  [[nodiscard]] kernels::ConstRows image_src(const RunArgs& args, std::int64_t image) const noexcept {
    return rows_from(kernels::ConstRows{args.src, info.byte_strides().src}, image * info.input.h * info.input.w);
  }

  // One worker does a chunk of output rows, strip after strip from the top.
  void run_rows(const RunArgs& args, std::int64_t image, std::int64_t chunk, const GroupBuffers& own,
                void* projected) const noexcept {
    const kernels::ConstRows src = image_src(args, image);
    const Range rows{chunk * b_.row_chunk, std::min((chunk + 1) * b_.row_chunk, d_.out_h())};
    std::int64_t expanded = 0;  // input rows before this one are in the ring or no longer needed
    for (std::int64_t y = rows.begin; y < rows.end; y += b_.strip_rows) {
      const Range strip_rows{y, std::min(y + b_.strip_rows, rows.end)};
      const Range needed = d_.input_rows(strip_rows);
      for (std::int64_t group = 0; group < b_.groups; ++group) {
        groups_.fill(src, own, group, strip_rows, {std::max(expanded, needed.begin), needed.end});
      }
      expanded = std::max(expanded, needed.end);
      const Range pixels{strip_rows.begin * d_.out_w(), strip_rows.end * d_.out_w()};
      const Range next{strip_rows.end, std::min(strip_rows.end + b_.strip_rows, rows.end)};
      project(args, image, own.strip, pixels, fresh_input(src, strip_rows, next), projected);
    }
  }

  // All workers do one strip: they share the groups of channels, meet, and share the projection.
  void run_image_by_channels(const RunArgs& args, const Workspace& memory, std::int64_t image,
                             Worker& worker) const noexcept {
    const kernels::ConstRows src = image_src(args, image);
    void* const strip = memory.shared(offsets_.strip);
    const auto fill = [&](std::int64_t number, const Worker& w) {
      const ChannelTask task = channel_task(b_, d_.out_h(), number);
      void* const rows = advance(strip, task.rows.begin * d_.out_w() * strip_stride());
      groups_.fill(src, buffers(memory, rows, w.index()), task.group, task.rows, d_.input_rows(task.rows));
    };
    const ProjectionTasks project{
        s_,
        {*s_.project, b_.project.blocking, projection(info, s_, args, image, {strip, strip_stride()})},
        memory,
        offsets_.projected};
    worker.share(channel_tasks(b_), fill);
    worker.share(project.tasks(), project);
  }

  // The input that the next strip reads and this one does not.
  [[nodiscard]] kernels::Prefetch fresh_input(const kernels::ConstRows& src, Range strip_rows,
                                              Range next) const noexcept {
    if (!b_.prefetches_input || next.begin >= next.end) return {};
    const std::int64_t seen = d_.input_rows(strip_rows).end;
    const std::int64_t fresh = std::max<std::int64_t>(d_.input_rows(next).end - seen, 0);
    const std::ptrdiff_t row = d_.in_w() * src.stride;
    return {advance(src.data, seen * row), fresh * row};
  }

  // Projects the output pixels `pixels` of the image, from the strip that holds them.
  void project(const RunArgs& args, std::int64_t image, const void* strip, Range pixels,
               const kernels::Prefetch& prefetch, void* projected) const noexcept {
    MatrixOperands m = projection(info, s_, args, image, {}).from(pixels.begin, pixels.end - pixels.begin);
    m.a = {strip, strip_stride()};
    const std::int64_t blocks = ceil_div(m.rows, b_.project_block);
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t first = block * b_.project_block;
      project_panels(s_, {0, s_.project->panels().count()}, m.from(first, std::min(b_.project_block, m.rows - first)),
                     {piece(prefetch, blocks, block), {}}, projected);
    }
  }

  BlockStages s_;
  const DepthwiseGeometry& d_;
  FusedBlocking b_;
  GroupStages groups_;
  FusedOffsets offsets_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_fused_plan(PlanInfo info, const BlockStages& stages, const FusedBlocking& blocking) {
  auto plan = std::make_unique<FusedPlan>(stages, blocking);
  plan->info = std::move(info);
  return plan;
}

void report_fused(const BlockGeometry& s, const FusedBlocking& b, PlanReport& r) noexcept {
  r.kind = PlanKind::kFusedBlock;
  r.row_block = b.row_chunk;
  r.channel_block = b.group_channels;
  r.kernel = s.depthwise.kernel_name(b.row_chunk, b.strip_rows);
  r.strip_rows = b.strip_rows;
  r.ring_rows = b.ring_rows;
}

std::size_t fused_workspace_bytes(const BlockStages& stages, const Candidate<FusedBlocking>& candidate) noexcept {
  WorkspaceLayout pieces;
  lay_out(stages, candidate.blocking, pieces);
  return pieces.bytes(candidate.workers);
}

}  // namespace tandem::inline TANDEM_ABI::internal
