#include "src/operators/matrix_plan.hpp"

#include <algorithm>
#include <utility>

#include "src/gemm.hpp"

namespace tandem::internal {
namespace {

class MatrixPlan final : public PlanImpl {
 public:
  MatrixPlan(const kernels::KernelTable& kernels, const PackedGemm& weights, std::int64_t rows, GemmBlocking blocking,
             const Activation& activation)
      : kernels_(kernels), weights_(weights), rows_(rows), blocking_(blocking), clamp_(clamp_of(activation)) {}

  void run(const RunArgs& args) const noexcept override {
    for_each_task(info.executor, info.workers, blocking_.tasks(), [&](std::int64_t task, std::int32_t) {
      const std::int64_t first = task / blocking_.panel_groups * blocking_.row_block;
      const std::int64_t rows = std::min(blocking_.row_block, rows_ - first);
      const Range panels = part(weights_.panels(), blocking_.panel_groups, task % blocking_.panel_groups);
      const std::int64_t k = weights_.k();
      const std::int64_t n = weights_.n();
      const float* residual = args.residual == nullptr ? nullptr : args.residual + first * n;
      multiply(kernels_, weights_, panels, rows, {args.src + first * k, k}, {args.dst + first * n, n}, {residual, n},
               clamp_);
    });
  }

 private:
  const kernels::KernelTable& kernels_;
  const PackedGemm& weights_;
  std::int64_t rows_;
  GemmBlocking blocking_;
  kernels::Clamp clamp_;
};

}  // namespace

std::unique_ptr<PlanImpl> make_matrix_plan(PlanInfo info, const CacheSizes& caches, const kernels::KernelTable& kernels,
                                           const PackedGemm& weights, std::int64_t rows, const Activation& activation) {
  std::int32_t workers = worth_workers(info.op_count, info.workers);
  const GemmBlocking blocking = block_gemm(rows, weights.k(), weights.panels(), kernels.gemm_rows[1], workers, caches);
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, blocking.tasks()));
  info.workers = workers;
  info.explanation = formatted(
      "gemm %lld x %lld x %lld, %s, tile %d x %d, %lld row blocks of %lld, %lld panel groups of %lld panels, %d "
      "workers",
      static_cast<long long>(rows), static_cast<long long>(weights.k()), static_cast<long long>(weights.n()),
      kernels.name, kernels.gemm_rows[1], 2 * kernels.vector_floats, static_cast<long long>(blocking.row_blocks),
      static_cast<long long>(blocking.row_block), static_cast<long long>(blocking.panel_groups),
      static_cast<long long>(weights.panels()), workers);
  auto plan = std::make_unique<MatrixPlan>(kernels, weights, rows, blocking, activation);
  plan->info = std::move(info);
  return plan;
}

}  // namespace tandem::internal
