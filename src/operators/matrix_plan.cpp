#include "src/operators/matrix_plan.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/plan/candidates.hpp"
#include "src/stages/gemm.hpp"
#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

class MatrixPlan final : public PlanImpl {
 public:
  MatrixPlan(const kernels::KernelTable& kernels, const PackedGemm& weights, const MatrixRows& rows,
             GemmBlocking blocking)
      : kernels_(kernels), weights_(weights), rows_(rows), blocking_(blocking) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const PixelStrides& strides = info.strides;
    const MatrixTasks body{kernels_,
                           weights_,
                           blocking_,
                           rows_.rows,
                           {args.src, rows_.pixels * strides.src, rows_.pixels, strides.src},
                           {args.dst, strides.dst, info.far_dst},
                           {args.residual, strides.residual}};
    worker.share(body.tasks(), body);
  }

 private:
  const kernels::KernelTable& kernels_;
  const PackedGemm& weights_;
  MatrixRows rows_;
  GemmBlocking blocking_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const Planning& planning, const PackedGemm& weights,
                                           const MatrixRows& rows) {
  const Machine& machine = planning.machine;
  const MatrixWork work = layer_work(weights, rows.rows);
  const std::vector<Candidate<GemmBlocking>> ways = matrix_candidates(machine, work, weights.panels(), info.workers);
  const std::size_t chosen = choose(ways, planning.candidate);
  const GemmBlocking& b = ways[chosen].blocking;

  PlanReport& report = info.report;
  report.kind = PlanKind::kMatrixProduct;
  report.candidates = static_cast<std::int32_t>(ways.size());
  report.candidate = static_cast<std::int32_t>(chosen) + 1;
  report.partition = partition_of(b.row_blocks, b.panel_groups, ways[chosen].workers);
  report.row_block = b.row_block;
  report.channel_block = std::min(ceil_div(weights.panels(), b.panel_groups) * weights.shape(0).columns, weights.n());
  report_epilogue(weights.epilogue(0), info);
  // The kernel for a single row keeps its many sums apart until the end.
  if (b.row_block == 1 && rows.pixels == 1 && weights.row_panels() > 0) report.epilogue = "memory";
  report_estimate(ways[chosen], info);
  auto plan = std::make_unique<MatrixPlan>(planning.kernels, weights, rows, b);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::inline TANDEM_ABI::internal
