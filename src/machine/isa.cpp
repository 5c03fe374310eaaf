// Which ISAs this CPU has, and which one a request selects.
#include "src/machine/isa.hpp"

#include <cstdlib>
#include <cstring>
#include <iterator>

#include "src/base/error.hpp"
#include "src/base/name_list.hpp"
#include "src/machine/cpu_arm.hpp"
#include "src/machine/cpu_x86.hpp"
#include "src/machine/microarchitecture.hpp"

namespace tandem::inline TANDEM_ABI {
namespace {

using kernels::IsaTables;
using kernels::KernelTable;

// A member for each ISA, named as the ISA: whether this CPU has it. A build may leave out some of them.
struct CpuIsas {
#if defined(__x86_64__)
  internal::X86Features x86 = internal::x86_features();
  bool avx512vnni = x86.avx512vnni;
  bool avx512 = x86.avx512;
  bool avxvnni = x86.avxvnni;
  bool avx2 = x86.avx2;
  bool sse41 = x86.sse41;
#elif defined(__aarch64__)
  internal::ArmFeatures arm = internal::arm_features();
  bool neoni8mm = arm.i8mm;
  bool neondot = arm.dotprod;
  bool neon = true;  // part of every armv8-a
#endif
  bool scalar = true;
};

#define TANDEM_TABLE_ADDRESS(isa) &kernels::isa##_tables,
constexpr const IsaTables* kTables[] = {TANDEM_FOR_EACH_ISA(TANDEM_TABLE_ADDRESS)};
#undef TANDEM_TABLE_ADDRESS
#define TANDEM_TABLE_ADDRESS(isa) &kernels::isa##_int8_tables,
constexpr const IsaTables* kInt8Tables[] = {TANDEM_FOR_EACH_ISA(TANDEM_TABLE_ADDRESS)};
#undef TANDEM_TABLE_ADDRESS
constexpr std::size_t kCount = std::size(kTables);

struct Detected {
  IsaInfo infos[kCount];
};

Detected detect() noexcept {
  const CpuIsas cpu;
  // A row takes its width from its own table, since only the ISA file knows it.
#define TANDEM_ISA_INFO(name) {kernels::name##_tables.first->isa, cpu.name, kernels::name##_tables.first->lanes},
  return {{TANDEM_FOR_EACH_ISA(TANDEM_ISA_INFO)}};
#undef TANDEM_ISA_INFO
}

internal::NameList<96> names(bool only_available) noexcept {
  internal::NameList<96> list;
  for (const IsaInfo& info : isas()) {
    if (info.available || !only_available) list.add(info.name);
  }
  return list;
}

// The list begins with the best ISA and ends with scalar, which every CPU has.
const char* best_isa() noexcept {
  const IsaInfo* best = isas().begin();
  while (!best->available) ++best;
  return best->name;
}

}  // namespace

IsaList isas() noexcept {
  static const Detected detected = detect();
  return {detected.infos, kCount};
}

Result<const char*> select_isa(const char* name) noexcept {
  const char* origin = "";
  if (name == nullptr) {
    name = std::getenv("TANDEM_ISA");
    origin = " in TANDEM_ISA";
  }
  if (name == nullptr || *name == '\0') return best_isa();
  for (const IsaInfo& info : isas()) {
    if (std::strcmp(info.name, name) != 0) continue;
    if (info.available) return info.name;
    return internal::error(StatusCode::kUnavailableIsa, "ISA \"%s\"%s: this CPU lacks it; it has %s", name, origin,
                           names(true).text());
  }
  return internal::error(StatusCode::kUnknownIsa, "ISA \"%.64s\"%s is unknown; the valid names are %s", name, origin,
                         names(false).text());
}

namespace internal {
namespace {

constinit const KernelTable* pretended_table = nullptr;  // unless a test has called pretend_kernels()

}  // namespace

Result<const KernelTable*> select_kernels(const char* name, const kernels::TypeRow& types) noexcept {
  const Result<const char*> selected = select_isa(name);
  if (!selected.ok()) return selected.status();
  const Result<const Microarchitecture*> machine = select_microarchitecture();
  if (!machine.ok()) return machine.status();
  const bool int8 = types.weight == DataType::kS8;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (kTables[i]->first->isa != *selected) continue;
    const VectorUnits& units = (*machine)->units(kTables[i]->first->lanes);
    for (const KernelTable& table : int8 ? *kInt8Tables[i] : *kTables[i]) {
      if (!(table.types == types && table.tuning == (int8 ? units.int8 : units.tuning))) continue;
      const bool replaced =
          pretended_table != nullptr && pretended_table->isa == table.isa && pretended_table->types == types;
      return replaced ? pretended_table : &table;
    }
  }
  return error(StatusCode::kUnsupported, "tensors of %s with weights of %s are not supported", to_string(types.tensor),
               to_string(types.weight));
}

void pretend_kernels(const KernelTable* table) noexcept { pretended_table = table; }

}  // namespace internal
}  // namespace tandem::inline TANDEM_ABI
