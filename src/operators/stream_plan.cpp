#include "src/operators/stream_plan.hpp"

#include <vector>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {

std::int64_t plan_stream(const StreamKind& stream, const Planning& planning, PlanInfo& info) {
  const Shape& in = info.input;
  const double bytes = planning.machine.tensor_bytes;
  const double written = real(in.elements()) * bytes;
  const StreamWork work{in.n * in.h * in.w, in.c, written + real(stream.other_elements) * bytes, written,
                        stream.cycles};
  const std::vector<Candidate<std::int64_t>> ways = stream_candidates(planning.machine, work, info.workers);
  const std::size_t chosen = choose(ways, planning.candidate);
  const std::int64_t blocks = ways[chosen].blocking;

  PlanReport& report = info.report;
  report.kind = stream.kind;
  report_choice(ways, chosen, info);
  report.partition = partition_of(blocks, 1, ways[chosen].workers);
  report.row_block = ceil_div(work.pixels, blocks);
  report.channel_block = in.c;
  return blocks;
}

}  // namespace tandem::inline TANDEM_ABI::internal
