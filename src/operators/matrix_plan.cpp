#include "src/operators/matrix_plan.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/candidates.hpp"
#include "src/checked.hpp"
#include "src/gemm.hpp"
#include "src/operators/stage_tasks.hpp"

namespace tandem::internal {
namespace {

class MatrixPlan final : public PlanImpl {
 public:
  MatrixPlan(const kernels::KernelTable& kernels, const PackedGemm& weights, std::int64_t rows, GemmBlocking blocking,
             const Activation& activation)
      : kernels_(kernels), weights_(weights), rows_(rows), blocking_(blocking), clamp_(clamp_of(activation)) {}

  void run(const RunArgs& args) const noexcept override {
    const std::int64_t n = weights_.n();
    run_matrix(info.executor, kernels_, weights_, blocking_, info.workers, rows_, {args.src, weights_.k()},
               {args.dst, n}, {args.residual, n}, clamp_);
  }

 private:
  const kernels::KernelTable& kernels_;
  const PackedGemm& weights_;
  std::int64_t rows_;
  GemmBlocking blocking_;
  kernels::Clamp clamp_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const Planning& planning, const PackedGemm& weights,
                                           std::int64_t rows, const Activation& activation) {
  const Machine& machine = planning.machine;
  const auto r = static_cast<double>(rows);
  const auto k = static_cast<double>(weights.k());
  const auto n = static_cast<double>(weights.n());
  const MatrixWork work{r,
                        k,
                        n,
                        written_tensor(r * k * sizeof(float)),
                        cold_weights(static_cast<double>(weights.bytes())),
                        written_tensor(r * n * sizeof(float))};
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
  report_estimate(ways[chosen], info);
  auto plan = std::make_unique<MatrixPlan>(planning.kernels, weights, rows, b, activation);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::internal
