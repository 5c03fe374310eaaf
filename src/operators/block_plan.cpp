#include "src/operators/block_plan.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/operators/fused_block.hpp"
#include "src/operators/squeeze_excite_block.hpp"
#include "src/operators/unfused_block.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

std::size_t fastest_fused(const Machine& machine, const BlockStages& stages,
                          const std::vector<Candidate<FusedBlocking>>& ways) noexcept {
  return fastest(ways, [&](const Candidate<FusedBlocking>& c) {
    const auto l2_bytes = static_cast<std::size_t>(machine.caches.l2) * static_cast<std::size_t>(c.workers);
    const bool whole = c.blocking.shares_channels() && fused_workspace_bytes(stages, c) > l2_bytes;
    return c.estimate.seconds / (whole ? kWorthWholeTensors : 1.0);
  });
}

}  // namespace

// Candidate 1 is unfused; the others are fused.
std::unique_ptr<PlanImpl> make_block_plan(PlanInfo info, const Planning& planning, const BlockStages& stages) {
  if (stages.squeeze_excite != nullptr) return make_squeeze_excite_block_plan(std::move(info), planning, stages);
  const Machine& machine = planning.machine;
  const BlockGeometry block = stages.geometry();
  const Candidate<UnfusedBlocking> unfused = unfused_candidate(machine, block, info.input.n, info.workers);
  const std::vector<Candidate<FusedBlocking>> fused = fused_candidates(machine, block, info.input.n, info.workers);
  const std::size_t best = fused.empty() ? 0 : fastest_fused(machine, stages, fused);

  PlanReport& r = info.report;
  r.walk = block.depthwise.walk();
  report_epilogue(stages.project->epilogue(0), info);
  r.candidates = static_cast<std::int32_t>(fused.size()) + 1;
  r.why_not_fused = why_not_fused(block);
  r.fused_seconds = fused.empty() ? 0.0 : fused[best].estimate.seconds;
  r.unfused_seconds = unfused.estimate.seconds;
  r.unfused_workspace_bytes = unfused_workspace_bytes(stages, unfused.blocking);
  r.candidate = planning.candidate;
  if (r.candidate < 1 || r.candidate > r.candidates) {
    const double worth = block.depthwise.woven() != nullptr ? 1.0 / kWorthStripsOf8Bits : kWorthWholeTensors;
    const bool unfuse = fused.empty() || r.unfused_seconds < worth * r.fused_seconds;
    r.candidate = unfuse ? 1 : static_cast<std::int32_t>(best) + 2;
  }
  if (r.candidate == 1) {
    report_unfused(block, unfused.blocking, r);
    report_estimate(unfused, info);
    return make_unfused_plan(std::move(info), stages, unfused.blocking);
  }
  const Candidate<FusedBlocking>& chosen = fused[static_cast<std::size_t>(r.candidate) - 2];
  report_fused(block, chosen.blocking, r);
  const bool shares_channels = chosen.blocking.shares_channels();
  r.partition = chosen.workers == 1 ? Partition::kNone : shares_channels ? Partition::kChannels : Partition::kRows;
  report_estimate(chosen, info);
  r.recomputed_multiply_adds = info.input.n * recomputed_multiply_adds(block, chosen.blocking);
  return make_fused_plan(std::move(info), stages, chosen.blocking);
}

}  // namespace tandem::inline TANDEM_ABI::internal
