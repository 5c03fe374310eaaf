#include "execution.hpp"

#include <ostream>

#include "src/machine/microarchitecture.hpp"
#include "tests/current_case.hpp"

namespace tandem::test {
namespace {

const char* name(Pool pool) {
  switch (pool) {
    case Pool::kInline:
      return "the calling thread";
    case Pool::kBackward:
      return "workers that run backwards";
    case Pool::kReal:
      return "a pool of three";
    case Pool::kDefault:
      return "the default executor";
  }
  return "?";
}

/// Any microarchitecture, also one that this CPU cannot be.
const char* draw_row(Random& random) {
  const internal::Microarchitectures rows = internal::microarchitectures();
  return rows.first[random.integer(0, rows.count - 1)].name;
}

MachineModel draw_machine(Random& random) {
  MachineModel m;  // the library's own figures
  if (random.coin()) m.row = draw_row(random);
  if (random.coin()) return m;
  m.l1_bytes = random.pick<std::int64_t>({0, 1, 1 << 10, 1 << 15});
  m.l2_bytes = random.pick<std::int64_t>({0, 1, 1 << 12, 1 << 16, 1 << 20});
  m.l3_bytes = random.pick<std::int64_t>({0, 1 << 14, 1 << 25});
  m.memory_bandwidth = random.pick({0.0, 1e8, 1e12});
  m.fork_seconds = random.pick({0.0, 1e-12});  // with the latter the smallest layer is worth sharing
  return m;
}

std::int64_t draw_gap(Random& random) { return random.pick<std::int64_t>({0, 0, 0, 1, 3, 16, 100}); }

Executor executor(Pool kind, BackwardPool& backward) {
  static RealPool real(3);
  switch (kind) {
    case Pool::kInline:
      return Executor::inline_only();
    case Pool::kBackward:
      return backward.executor();
    case Pool::kReal:
      return real.executor();
    case Pool::kDefault:
      return {};
  }
  return {};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Execution& e) {
  const MachineModel& m = e.machine;
  return out << e.threads << " of " << name(e.pool) << ", " << to_string(e.placement)
             << (e.row == nullptr ? "" : text(", created for ", e.row))
             << (m.row == nullptr ? "" : text(", planned for ", m.row))
             << (e.onto_residual ? ", onto the residual" : "") << ", caches " << m.l1_bytes << '/' << m.l2_bytes << '/'
             << m.l3_bytes << ", memory " << m.memory_bandwidth << ", fork " << m.fork_seconds << ", gaps "
             << e.gaps.src << '/' << e.gaps.dst << '/' << e.gaps.residual
             << (e.flush_denormals ? ", denormals flushed" : "");
}

Execution draw_execution(Random& random) {
  Execution e;
  e.pool = random.pick({Pool::kInline, Pool::kBackward, Pool::kReal, Pool::kDefault});
  e.threads = random.size(1, 8);
  e.candidate = random.next();
  if (random.integer(0, 2) == 0) e.row = draw_row(random);
  e.machine = draw_machine(random);
  e.placement = random.pick({Placement::kEndsAtGuard, Placement::kStartsAtGuard});
  e.onto_residual = random.coin();
  e.gaps = {draw_gap(random), draw_gap(random), draw_gap(random)};
  e.flush_denormals = random.integer(0, 3) == 0;
  return e;
}

Result<Plan> plan_for(const Operator& op, const Shape& input, const Execution& e, BackwardPool& backward,
                      const PixelStrides& strides, bool flush_denormals) {
  PlanOptions options{e.threads, executor(e.pool, backward), 0, e.machine, strides, flush_denormals};
  const Result<Plan> chosen = op.plan(input, options);
  if (!chosen.ok()) return chosen;
  const auto ways = static_cast<std::uint64_t>(chosen->report().candidates) + 1;
  options.candidate = static_cast<std::int32_t>(e.candidate % ways);
  return op.plan(input, options);
}

}  // namespace tandem::test
