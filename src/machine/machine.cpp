#include "src/machine/machine.hpp"

#include <cmath>

#include "src/base/error.hpp"
#include "src/machine/cache.hpp"
#include "src/machine/microarchitecture.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

template <class Value>
void fill(Value& value, Value otherwise) noexcept {
  if (value == Value{}) value = otherwise;
}

void fill_gaps(MachineModel& m, const MachineModel& otherwise) noexcept {
  if (m.row == nullptr) m.row = otherwise.row;
  fill(m.l1_bytes, otherwise.l1_bytes);
  fill(m.l2_bytes, otherwise.l2_bytes);
  fill(m.l3_bytes, otherwise.l3_bytes);
  fill(m.multiply_adds, otherwise.multiply_adds);
  fill(m.l1_bandwidth, otherwise.l1_bandwidth);
  fill(m.l2_bandwidth, otherwise.l2_bandwidth);
  fill(m.l3_bandwidth, otherwise.l3_bandwidth);
  fill(m.memory_bandwidth, otherwise.memory_bandwidth);
  fill(m.fork_seconds, otherwise.fork_seconds);
}

constinit MachineModel pretended_model;  // all gaps, unless a test has called pretend_machine()

struct NamedRate {
  const char* name;
  double value;
};
struct NamedSize {
  const char* name;
  std::int64_t value;
};

}  // namespace

Status check_machine(const MachineModel& m) noexcept {
  for (const NamedSize& size :
       {NamedSize{"l1_bytes", m.l1_bytes}, {"l2_bytes", m.l2_bytes}, {"l3_bytes", m.l3_bytes}}) {
    if (size.value >= 0) continue;
    return error(StatusCode::kInvalidArgument, "machine.%s must not be negative, but is %lld", size.name,
                 static_cast<long long>(size.value));
  }
  for (const NamedRate& rate : {NamedRate{"multiply_adds", m.multiply_adds},
                                {"l1_bandwidth", m.l1_bandwidth},
                                {"l2_bandwidth", m.l2_bandwidth},
                                {"l3_bandwidth", m.l3_bandwidth},
                                {"memory_bandwidth", m.memory_bandwidth},
                                {"fork_seconds", m.fork_seconds}}) {
    if (std::isfinite(rate.value) && rate.value >= 0.0) continue;
    return error(StatusCode::kInvalidArgument, "machine.%s must be finite and not negative, but is %g", rate.name,
                 rate.value);
  }
  return select_microarchitecture(m.row, " in machine.row").status();
}

Machine resolve_machine(const MachineModel& given, const kernels::KernelTable& kernels) noexcept {
  MachineModel m = given;
  fill_gaps(m, pretended_model);
  const Result<const Microarchitecture*> named = select_microarchitecture(m.row);
  const Microarchitecture& row = named.ok() ? **named : this_microarchitecture();
  const VectorUnits& units = row.units(kernels.lanes);
  const CacheSizes caches = machine_caches();
  const auto vector = static_cast<double>(kernels.lanes);
  fill(m.l1_bytes, caches.l1);
  fill(m.l2_bytes, caches.l2);
  fill(m.l3_bytes, caches.l3);
  fill(m.multiply_adds, units.multiply_adds * vector * row.hertz);
  const double hertz = m.multiply_adds / (units.multiply_adds * vector);
  fill(m.l1_bandwidth, units.loads * vector * sizeof(float) * hertz);
  fill(m.l2_bandwidth, row.l2_bytes * hertz);
  fill(m.l3_bandwidth, row.l3_bytes * hertz);
  fill(m.memory_bandwidth, row.memory_bytes * hertz);
  fill(m.fork_seconds, 2e-6);
  const double cycle = 2.0 * vector / m.multiply_adds;
  constexpr double kLatency = 4.0;  // cycles of the clock (Zen 3, Core)
  return {m,
          {m.l1_bytes, m.l2_bytes, m.l3_bytes},
          row.name,
          kernels.lanes,
          kernels.tuning.panel_vectors,
          kernels.gemm_tile(kernels.tuning.panel_vectors).tile_rows,
          // With two units as wide as a vector, half a vector takes as long as a whole one.
          kernels.gemm_halves && units.multiply_adds < 2.0 ? kernels.lanes / 2 : kernels.lanes,
          kernels.folds,
          cycle,
          kLatency * units.multiply_adds / 2.0,
          m.l1_bandwidth * cycle / (vector * sizeof(float)),
          static_cast<double>(row.issue_width) * 2.0 / units.multiply_adds,
          static_cast<double>(kernels.tensor_bytes()),
          static_cast<double>(kernels.weight_bytes()),
          row.prefetches_results};
}

void pretend_machine(const MachineModel& model) noexcept { pretended_model = model; }

}  // namespace tandem::inline TANDEM_ABI::internal
