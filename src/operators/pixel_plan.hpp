// The part of make_plan() that operators on output pixels share.
#pragma once

#include "src/operators/operator_impl.hpp"
#include "src/plan/pixel_blocks.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Takes a candidate, and reports it. cost: see pixel_candidates().
template <class Cost>
PixelBlocking choose_pixel_blocks(const Planning& planning, PlanInfo& info, const Cost& cost) {
  const auto ways = pixel_candidates(planning.machine, info.output, info.workers, cost);
  const std::size_t chosen = choose(ways, planning.candidate);
  const PixelBlocking& blocking = ways[chosen].blocking;
  PlanReport& report = info.report;
  report_choice(ways, chosen, info);
  report.partition = partition_of(blocking.tasks(), 1, ways[chosen].workers);
  report.row_block = ceil_div(blocking.pixels, blocking.blocks);
  report.channel_block = info.output.c;
  return blocking;
}

}  // namespace tandem::inline TANDEM_ABI::internal
