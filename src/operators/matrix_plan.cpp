#include "src/operators/matrix_plan.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/plan/candidates.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

class MatrixPlan final : public PlanImpl {
 public:
  MatrixPlan(const PackedGemm& weights, const MatrixRows& rows, GemmBlocking blocking, bool copies)
      : weights_(weights), rows_(rows), blocking_(blocking), copies_(copies) {
    if (copies) copy_offset_ = pieces.add_shared(rows.rows * weights.segment());
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    // Quads may lie across pixels, so int8 takes a row of A as one segment.
    const bool joins = weights_.kernels().int8();
    const void* const src = copies_ ? copy(args, worker) : args.src;
    const std::ptrdiff_t row = copies_ ? weights_.segment() : rows_.pixels * strides.src;
    const MatrixOperands operands{.rows = rows_.rows,
                                  .a = {src, row},
                                  .segments = joins ? 1 : rows_.pixels,
                                  .segment_stride = strides.src,
                                  .far_a = info.far_src,
                                  .c = {args.dst, strides.dst},
                                  .far_c = info.far_dst,
                                  .residual = {args.residual, strides.residual}};
    const MatrixTasks body{weights_, blocking_, operands};
    worker.share(body.tasks(), body);
  }

 private:
  // The rows of A without the gaps between their pixels.
  const void* copy(const RunArgs& args, Worker& worker) const noexcept {
    const std::ptrdiff_t stride = info.byte_strides().src;
    const std::int64_t pixel = weights_.segment() / rows_.pixels;
    void* const to = workspace(args).shared(copy_offset_);
    worker.share(rows_.rows, [&](std::int64_t row, const Worker&) {
      weights_.kernels().copy_rows({{advance(args.src, row * rows_.pixels * stride), stride},
                                    {advance(to, row * weights_.segment()), pixel},
                                    rows_.pixels,
                                    pixel});
    });
    return to;
  }

  const PackedGemm& weights_;
  MatrixRows rows_;
  GemmBlocking blocking_;
  bool copies_;  // int8 whose pixels lie apart
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
  if (b.row_block == 1 && rows.pixels == 1 && weights.row_panels() > 0 && planning.kernels.gemv != nullptr) {
    report.kernel = "gemv";
    report.epilogue = "memory";  // gemv stores the sums of several panels before its epilogue
  }
  const bool copies = weights.kernels().int8() && rows.pixels > 1 && info.strides.src != info.input.c;
  auto plan = std::make_unique<MatrixPlan>(weights, rows, b, copies);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::inline TANDEM_ABI::internal
