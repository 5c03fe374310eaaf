#include "src/operators/transposed_operator.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/block_stages.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Result<Shape> TransposedOperator::output_shape(const Shape& input) const noexcept {
  const Status status = check_input(input, params_.in_channels);
  if (!status.ok()) return status;
  const Result<TransposedSize> size = resolve_transposed(params_, input.h, input.w);
  if (!size.ok()) return size.status();
  return Shape{input.n, size->out_h, size->out_w, params_.out_channels};
}

// Each input meets all taps of its group.
std::int64_t TransposedOperator::op_count(const Shape& input, const Shape&) const noexcept {
  return input.n * cost::regular(params_.kernel_h, params_.kernel_w, params_.in_channels / params_.groups, input.h,
                                 input.w, params_.out_channels);
}

TransposedGeometry TransposedOperator::geometry(const Shape& input, std::int64_t channels,
                                                const MatrixGeometry& matrix) const {
  const ConvTranspose2dParams& p = params_;
  const TransposedSize size = *resolve_transposed(p, input.h, input.w);
  const ConvAxis y{input.h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top};
  const ConvAxis x{input.w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left};
  return {y, x, phases_of(y), phases_of(x), {}, {}, input.n, p.groups, channels, 0, matrix, {}};
}

TransposedBlocking TransposedOperator::choose_blocking(const TransposedGeometry& g, const Planning& planning,
                                                       PlanInfo& info) {
  const std::vector<Candidate<TransposedBlocking>> ways = transposed_candidates(planning.machine, g, info.workers);
  const std::size_t chosen = choose(ways, planning.candidate);
  const TransposedBlocking& b = ways[chosen].blocking;
  PlanReport& report = info.report;
  report.kind = PlanKind::kTransposed;
  report_choice(ways, chosen, info);
  report.partition = partition_of(g.images * b.row_chunks, g.groups * b.panel_groups, ways[chosen].workers);
  report.row_block = std::min(ceil_div(g.periods(b.joined), b.row_chunks) * g.y.stride, g.y.out);
  const kernels::Panels& panels = g.matrix.panels;
  report.channel_block = std::min(ceil_div(panels.count(), b.panel_groups) * panels.shape(0).columns, g.matrix.n());
  report.walk = b.joined ? "blocks" : "phases";
  return b;
}

void TransposedOperator::report_kernel(const PackedGemm& weights, PlanInfo& info) noexcept {
  report_epilogue(weights.epilogue(0), info);
  info.report.kernel = weights.kernels().gemm_kernel(weights.panel(0)).name;
}

}  // namespace tandem::inline TANDEM_ABI::internal
