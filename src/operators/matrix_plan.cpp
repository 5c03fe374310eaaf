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
  MatrixPlan(const PackedGemm& weights, const MatrixRows& rows, GemmBlocking blocking)
      : weights_(weights), rows_(rows), blocking_(blocking) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    const MatrixOperands operands{.rows = rows_.rows,
                                  .a = {args.src, rows_.pixels * strides.src},
                                  .segments = rows_.pixels,
                                  .segment_stride = strides.src,
                                  .far_a = info.far_src,
                                  .c = {args.dst, strides.dst},
                                  .far_c = info.far_dst,
                                  .residual = {args.residual, strides.residual}};
    const MatrixTasks body{weights_, blocking_, operands};
    worker.share(body.tasks(), body);
  }

 private:
  const PackedGemm& weights_;
  MatrixRows rows_;
  GemmBlocking blocking_;
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
  if (b.row_block == 1 && rows.pixels == 1 && weights.row_panels() > 0) {
    report.kernel = "gemv";
    report.epilogue = "memory";  // gemv stores the sums of several panels before its epilogue
  }
  auto plan = std::make_unique<MatrixPlan>(weights, rows, b);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::inline TANDEM_ABI::internal
