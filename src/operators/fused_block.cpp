#include "src/operators/fused_block.hpp"

#include <algorithm>
#include <utility>

#include "src/base/checked.hpp"
#include "src/stages/gemm.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// Of the pieces of the workspace.
struct FusedOffsets {
  std::size_t strip;
  std::size_t ring;
  std::size_t scratch;
};

FusedOffsets lay_out(const BlockStages& s, const FusedBlocking& b, WorkspaceLayout& pieces) noexcept {
  const DepthwiseStage& d = s.depthwise;
  FusedOffsets at{};
  // Sharing channels, the workers share a strip; a ring of one group's channels is each worker's own.
  const std::int64_t strip_floats = b.strip_rows * d.out_w() * b.strip_pitch;
  at.strip = b.shares_channels() ? pieces.add_shared(strip_floats) : pieces.add_own(strip_floats);
  at.ring = pieces.add_own(b.ring_rows * d.in_w() * b.ring_pitch);
  at.scratch = pieces.add_own(s.copies ? d.scratch_floats(b.group_channels) : 0);
  return at;
}

class FusedPlan final : public PlanImpl {
 public:
  FusedPlan(const kernels::KernelTable& kernels, const BlockStages& stages, const FusedBlocking& blocking)
      : kernels_(kernels), s_(stages), d_(s_.depthwise), b_(blocking), offsets_(lay_out(stages, blocking, pieces)) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const Workspace memory = workspace(args);
    if (b_.shares_channels()) {
      for (std::int64_t image = 0; image < info.input.n; ++image) run_image_by_channels(args, memory, image, worker);
    } else {
      worker.share(info.input.n * b_.row_chunks, [&](std::int64_t task, Worker& w) {
        run_rows(args, task / b_.row_chunks, task % b_.row_chunks,
                 buffers(memory, memory.own(offsets_.strip, w.index()), w.index()));
      });
    }
  }

 private:
  /// Of one worker.
  struct Buffers {
    float* strip;
    float* ring;     // null where nothing is expanded
    float* scratch;  // where a separable block copies input rows whose pixel stride aliases; null if it does not
  };

  [[nodiscard]] Buffers buffers(const Workspace& memory, float* strip, std::int32_t worker) const noexcept {
    return {strip, s_.expand != nullptr ? memory.own(offsets_.ring, worker) : nullptr,
            s_.copies ? memory.own(offsets_.scratch, worker) : nullptr};
  }
  [[nodiscard]] const float* image_src(const RunArgs& args, std::int64_t image) const noexcept {
    return args.src + image * info.input.h * info.input.w * info.strides.src;
  }

  // One worker, a chunk of output rows, strip after strip from the top.
  void run_rows(const RunArgs& args, std::int64_t image, std::int64_t chunk, const Buffers& own) const noexcept {
    const float* src = image_src(args, image);
    const Range rows{chunk * b_.row_chunk, std::min((chunk + 1) * b_.row_chunk, d_.out_h())};
    std::int64_t expanded = 0;  // input rows before this one are in the ring, or not needed any more
    for (std::int64_t y = rows.begin; y < rows.end; y += b_.strip_rows) {
      const Range strip_rows{y, std::min(y + b_.strip_rows, rows.end)};
      const Range needed = d_.input_rows(strip_rows);
      for (std::int64_t group = 0; group < b_.groups; ++group) {
        fill_group(src, own, group, strip_rows, {std::max(expanded, needed.begin), needed.end});
      }
      expanded = std::max(expanded, needed.end);
      const Range pixels{strip_rows.begin * d_.out_w(), strip_rows.end * d_.out_w()};
      const Range coming{strip_rows.end, std::min(strip_rows.end + b_.strip_rows, rows.end)};
      project(args, image, own.strip, pixels, fresh_input(src, strip_rows, coming));
    }
  }

  // All workers, one strip: they share the groups of channels, meet, and share the projection.
  void run_image_by_channels(const RunArgs& args, const Workspace& memory, std::int64_t image,
                             Worker& worker) const noexcept {
    const float* src = image_src(args, image);
    float* const strip = memory.shared(offsets_.strip);
    const std::int64_t row_floats = d_.out_w() * b_.strip_pitch;
    const auto fill = [&](std::int64_t number, Worker& w) {
      const ChannelTask task = channel_task(b_, d_.out_h(), number);
      const Buffers own = buffers(memory, strip + task.rows.begin * row_floats, w.index());
      fill_group(src, own, task.group, task.rows, d_.input_rows(task.rows));
    };
    const MatrixTasks project =
        projection(kernels_, s_, b_.project.blocking, info, args, image, {strip, b_.strip_pitch});
    worker.share(channel_tasks(b_), fill);
    worker.share(project.tasks(), project);
  }

  // Expand (if any) and depthwise of one group of channels into the strip. fresh: input rows not in the ring yet.
  void fill_group(const float* src, const Buffers& own, std::int64_t group, Range strip_rows,
                  Range fresh) const noexcept {
    const std::int64_t row_stride = d_.out_w() * b_.strip_pitch;
    const TargetRows target{own.strip, b_.strip_pitch, row_stride, strip_rows.begin};
    const bool begins = strip_rows.begin % b_.row_chunk == 0;  // and weights are cold
    if (s_.expand == nullptr) {
      const Range channels = line_part(d_.channels(), b_.groups, group);
      if (begins) d_.fetch_filter(channels);
      const std::int64_t stride = info.strides.src;
      d_.run(strip_rows, channels, {src, stride, d_.in_w() * stride, d_.in_h()}, target, {}, own.scratch);
      return;
    }
    const Range panels = b_.panels_of(group, s_.expand->panels());
    const PanelShape& last = s_.expand->shape(panels.end - 1);
    const Range channels{s_.expand->shape(panels.begin).first_column, last.first_column + last.columns};
    if (begins) d_.fetch_filter(channels);
    // Channel 0 of the ring lies before its start when the ring holds this group alone.
    float* ring_origin = b_.ring_holds_group ? own.ring - channels.begin : own.ring;
    const std::int64_t ring_row = d_.in_w() * b_.ring_pitch;
    for (std::int64_t y = fresh.begin; y < fresh.end;) {
      const std::int64_t slot = y % b_.ring_rows;
      const std::int64_t rows = std::min(fresh.end - y, b_.ring_rows - slot);  // up to where the ring wraps
      multiply(kernels_, *s_.expand, panels, rows * d_.in_w(),
               {src + y * d_.in_w() * info.strides.src, info.strides.src},
               {ring_origin + slot * ring_row, b_.ring_pitch}, {nullptr, 0}, {},
               {s_.project->panel(0), s_.project->panel_floats(0)});
      y += rows;
    }
    d_.run(strip_rows, channels, {ring_origin, b_.ring_pitch, ring_row, b_.ring_rows}, target, {}, nullptr);
  }

  // The input that is read for the strip to come and was not for this one.
  [[nodiscard]] Prefetch fresh_input(const float* src, Range strip_rows, Range coming) const noexcept {
    if (!b_.fetches_input || coming.begin >= coming.end) return {};
    const std::int64_t seen = d_.input_rows(strip_rows).end;
    const std::int64_t fresh = std::max<std::int64_t>(d_.input_rows(coming).end - seen, 0);
    const std::int64_t row = d_.in_w() * info.strides.src;
    return {src + seen * row, fresh * row};
  }

  // Output pixels [pixels) of the image, from the strip of these pixels.
  void project(const RunArgs& args, std::int64_t image, const float* strip_data, Range pixels,
               Prefetch upcoming) const noexcept {
    const std::int64_t image_pixels = d_.out_h() * d_.out_w();
    const ConstRows addend = block_residual(s_, info.strides, args);
    const std::int64_t blocks = ceil_div(pixels.end - pixels.begin, b_.project_block);
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t p = pixels.begin + block * b_.project_block;
      const std::int64_t rows = std::min(b_.project_block, pixels.end - p);
      const std::int64_t out = image * image_pixels + p;
      multiply(kernels_, *s_.project, {0, s_.project->panels()}, rows,
               {strip_data + (p - pixels.begin) * b_.strip_pitch, b_.strip_pitch},
               {args.dst + out * info.strides.dst, info.strides.dst, info.far_dst}, addend.from(out),
               upcoming.piece(blocks, block));
    }
  }

  const kernels::KernelTable& kernels_;
  BlockStages s_;
  const DepthwiseStage& d_;
  FusedBlocking b_;
  FusedOffsets offsets_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_fused_plan(PlanInfo info, const kernels::KernelTable& kernels, const BlockStages& stages,
                                          const FusedBlocking& blocking) {
  auto plan = std::make_unique<FusedPlan>(kernels, stages, blocking);
  plan->info = std::move(info);
  return plan;
}

std::size_t fused_workspace_bytes(const BlockStages& stages, const Candidate<FusedBlocking>& candidate) noexcept {
  WorkspaceLayout pieces;
  lay_out(stages, candidate.blocking, pieces);
  return pieces.bytes(candidate.workers);
}

}  // namespace tandem::inline TANDEM_ABI::internal
