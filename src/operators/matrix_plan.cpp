#include "src/operators/matrix_plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/pitch.hpp"
#include "src/plan/candidates.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Whether the pixels of a row of A lie apart.
bool has_gaps(const PlanInfo& info, const MatrixRows& rows) noexcept {
  return rows.pixels > 1 && info.strides.src != info.input.c;
}

// The bytes of a row of A without gaps between its pixels.
std::int64_t dense_row_bytes(const PlanInfo& info, const PackedGemm& weights, const MatrixRows& rows) noexcept {
  return rows.pixels * info.input.c * weights.kernels().tensor_bytes();
}

// Whether the rows of a tile of A evict each other from L1. All rows a multiple of 4 KB apart fall into the same set,
// which holds one line for each 4 KB of L1. Of 1024 channels, tiles of 14 rows reach 0.79 of the peak, of 12 rows 0.91 to
// 0.94, with rows copied apart 0.98; tiles of 9 rows gain nothing (Zen 4, AVX-512). A copy takes as long as some 4
// columns; for few columns it does not pay.
bool rows_collide(const Machine& machine, const MatrixWork& work, std::int64_t row_bytes) noexcept {
  constexpr double kFewestColumns = 64;
  constexpr std::int64_t kWay = 4096;  // bytes of L1 for each way: 64 sets of a line
  const double height = work.rows / std::ceil(work.rows / static_cast<double>(machine.tile_rows));
  const std::int64_t ways = machine.caches.l1 / kWay;
  return l1_sets(row_bytes) == 1 && height > static_cast<double>(ways + 1) && work.n >= kFewestColumns;
}

class MatrixPlan final : public PlanImpl {
 public:
  // copied_row: bytes from a row to the next in a copy of A; 0: A is multiplied where it is.
  MatrixPlan(const PackedGemm& weights, const MatrixRows& rows, GemmBlocking blocking, std::int64_t copied_row)
      : weights_(weights), rows_(rows), blocking_(blocking), copied_row_(copied_row) {
    if (copied_row > 0) copy_offset_ = pieces.add_shared(rows.rows * copied_row);
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    const bool joins = copied_row_ > 0 || !has_gaps(info, rows_);
    const void* const src = copied_row_ > 0 ? copy(args, worker) : args.src;
    const std::ptrdiff_t row = copied_row_ > 0 ? copied_row_ : rows_.pixels * strides.src;
    const MatrixOperands operands{.rows = rows_.rows,
                                  .a = {src, row},
                                  .segments = joins ? 1 : rows_.pixels,
                                  .segment_stride = strides.src,
                                  .far_a = info.far_src && copied_row_ == 0,
                                  .c = {args.dst, strides.dst},
                                  .far_c = info.far_dst,
                                  .residual = {args.residual, strides.residual}};
    const MatrixTasks body{weights_, blocking_, operands};
    worker.share(body.tasks(), body);
  }

 private:
  // The rows of A, their pixels without gaps.
  const void* copy(const RunArgs& args, Worker& worker) const noexcept {
    const std::ptrdiff_t stride = info.byte_strides().src;
    const std::int64_t pixel = dense_row_bytes(info, weights_, rows_) / rows_.pixels;
    void* const to = workspace(args).shared(copy_offset_);
    worker.share(rows_.rows, [&](std::int64_t row, const Worker&) {
      weights_.kernels().copy_rows({{advance(args.src, row * rows_.pixels * stride), stride},
                                    {advance(to, row * copied_row_), pixel},
                                    rows_.pixels,
                                    pixel});
    });
    return to;
  }

  const PackedGemm& weights_;
  MatrixRows rows_;
  GemmBlocking blocking_;
  std::int64_t copied_row_;
  std::size_t copy_offset_ = 0;
};

}  // namespace

std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const Planning& planning, const PackedGemm& weights,
                                           const MatrixRows& rows) {
  const Machine& machine = planning.machine;
  const MatrixGeometry geometry = geometry_of(weights);
  const kernels::Panels& panels = geometry.panels;
  const MatrixWork work = layer_work(machine, geometry, rows.rows);
  const std::vector<Candidate<GemmBlocking>> ways = matrix_candidates(machine, work, panels.count(), info.workers);
  const std::size_t chosen = choose(ways, planning.candidate);
  const GemmBlocking& b = ways[chosen].blocking;

  PlanReport& report = info.report;
  report.kind = PlanKind::kMatrixProduct;
  report_choice(ways, chosen, info);
  report.partition = partition_of(b.row_blocks, b.panel_groups, ways[chosen].workers);
  report.row_block = b.row_block;
  report.channel_block = std::min(ceil_div(panels.count(), b.panel_groups) * panels.shape(0).columns, weights.n());
  report_epilogue(weights.epilogue(0), info);
  report.kernel = planning.kernels.gemm_kernel(weights.panel(0)).name;
  const bool gaps = has_gaps(info, rows);
  if (b.row_block == 1 && !gaps && weights.row_panels() > 0) {
    report.kernel = "gemv";
    report.epilogue = "memory";  // gemv stores the sums of several panels before its epilogue
  }
  const bool collide = rows_collide(machine, work, rows.pixels * info.byte_strides().src);
  std::int64_t copied_row = 0;
  // Quads may lie across pixels, so int8 needs a row of A as one segment.
  if (collide || (gaps && weights.kernels().int8())) {
    copied_row = dense_row_bytes(info, weights, rows);
    if (l1_sets(copied_row) == 1) copied_row += kLineBytes;
  }
  auto plan = std::make_unique<MatrixPlan>(weights, rows, b, copied_row);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::inline TANDEM_ABI::internal
