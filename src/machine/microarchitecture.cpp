#include "src/machine/microarchitecture.hpp"

#include <cstdlib>
#include <cstring>
#include <iterator>

#include "src/base/error.hpp"
#include "src/base/name_list.hpp"
#include "src/machine/cpu_arm.hpp"
#include "src/machine/cpu_x86.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

using kernels::Tuning;

// A panel of three vectors takes fewer instructions for a multiply-add than one of two: 47 for 27 with AVX-512, not 54
// for 28. Where four are issued in a cycle, that decides. With dot products of s8 (ARM) each quad of u8 elements takes one more
// instruction on their ports, beside 8 or 12 dot products a row. Two output rows of a depthwise layer at once load less, but
// need more instructions outside the multiply-adds than a narrow front end has time for. Joining entries takes instructions for
// which AVX-512 has ports beside the products where each passes through units of 256 bits twice, but not where two of 512 bits do
// all.
constexpr Tuning kPairs{2, true};
#if defined(__x86_64__) || defined(__aarch64__)
constexpr Tuning kThreeVectors{3, true};
#endif
#if defined(__x86_64__)
constexpr Tuning kThreeVectorsNoPairs{3, false};
constexpr Tuning kPairsJoined{2, true, true};
#endif

// Ports and widths: the makers' optimisation manuals and uops.info. Clocks: cascade_lake, sapphire_rapids, zen3 and zen4
// from the multiply-adds that a core reached, the others estimated. Bytes a cycle: zen3's were fitted, the L3 of
// cascade_lake was measured, all others are estimated. Prefetching results was measured apart from other changes on
// sapphire_rapids, zen3 and zen4 alone.
constexpr Microarchitecture kRows[] = {
// name, issue width, prefetches results, clock, bytes a cycle of L2, L3 and memory, 512 bits, 256 bits, 128 bits
#if defined(__x86_64__)
    {"haswell", 4, true, 3.0e9, 32, 10, 5, {}, {2, 2, kThreeVectorsNoPairs}, {2, 2}},
    {"skylake", 4, true, 3.4e9, 40, 12, 6, {}, {2, 2, kThreeVectorsNoPairs}, {2, 2}},
    {"cascade_lake", 4, true, 2.4e9, 48, 10, 5, {2, 2, kThreeVectorsNoPairs}, {2, 2, kThreeVectorsNoPairs}, {2, 2}},
    {"ice_lake", 5, true, 2.6e9, 48, 10, 5, {2, 2, kThreeVectors}, {2, 2, kThreeVectors}, {2, 2}},
    {"ice_lake_client", 5, true, 3.2e9, 48, 14, 6, {1, 2, kPairs}, {2, 2, kThreeVectors}, {2, 2}},
    {"sapphire_rapids", 6, false, 2.8e9, 48, 10, 5, {2, 2, kPairs}, {2, 3, kThreeVectors}, {2, 3}},
    {"alder_lake", 6, true, 3.8e9, 48, 16, 8, {}, {2, 3, kThreeVectors}, {2, 3}},
    {"gracemont", 5, true, 3.0e9, 32, 10, 6, {}, {1, 1, kPairs}, {2, 2}},
    {"zen", 5, true, 3.2e9, 32, 12, 6, {}, {1, 1, kPairs}, {2, 2}},
    {"zen2", 5, true, 3.2e9, 32, 12, 5, {}, {2, 2, kPairs}, {2, 2}},
    {"zen3", 6, false, 3.2e9, 32, 12, 5, {}, {2, 2, kPairs}, {2, 2}},
    {"zen4", 6, false, 3.6e9, 32, 14, 5, {1, 1, kPairs, kPairsJoined}, {2, 2, kPairs}, {2, 2}},
    {"zen5", 8, true, 4.0e9, 64, 16, 6, {2, 2, kPairs}, {2, 2, kPairs}, {2, 2}},
    {"zen5_mobile", 8, true, 3.6e9, 64, 14, 8, {1, 1, kPairs}, {2, 2, kPairs}, {2, 2}},
#elif defined(__aarch64__)
    {"cortex_a53", 2, true, 1.4e9, 8, 2, 2, {}, {}, {0.5, 0.5}},
    {"cortex_a55", 2, true, 1.8e9, 16, 8, 3, {}, {}, {1, 1, {}, kThreeVectors}},
    {"cortex_a76", 4, true, 2.4e9, 32, 12, 6, {}, {}, {2, 2, {}, kThreeVectors}},
    {"cortex_x", 6, true, 2.8e9, 32, 16, 8, {}, {}, {4, 3, {}, kThreeVectors}},
    {"neoverse_n1", 4, true, 2.6e9, 32, 12, 5, {}, {}, {2, 2, {}, kThreeVectors}},
    {"neoverse_n2", 5, true, 2.8e9, 32, 12, 5, {}, {}, {2, 2, {}, kThreeVectors}},
    {"neoverse_v1", 8, true, 2.6e9, 32, 12, 6, {}, {}, {4, 3, {}, kThreeVectors}},
    {"neoverse_v2", 8, true, 2.8e9, 32, 12, 6, {}, {}, {4, 3, {}, kThreeVectors}},
    {"apple", 8, true, 3.2e9, 64, 24, 16, {}, {}, {4, 3, {}, kThreeVectors}},
#endif
    {"generic", 4, true, 3.2e9, 32, 12, 5, {2, 2, kPairs}, {2, 2, kPairs}, {2, 2}},
};

const Microarchitecture* find(const char* name) noexcept {
  for (const Microarchitecture& row : kRows) {
    if (std::strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

const char* this_name() noexcept {
#if defined(__x86_64__)
  return x86_microarchitecture(x86_identity());
#elif defined(__aarch64__)
  return arm_microarchitecture(arm_identity());
#else
  return "generic";
#endif
}

NameList<192> names() noexcept {
  NameList<192> list;
  for (const Microarchitecture& row : kRows) list.add(row.name);
  return list;
}

}  // namespace

Microarchitectures microarchitectures() noexcept { return {kRows, static_cast<std::int32_t>(std::size(kRows))}; }

Result<const Microarchitecture*> select_microarchitecture(const char* name, const char* origin) noexcept {
  if (name == nullptr || *name == '\0') {
    name = std::getenv("TANDEM_MACHINE");
    origin = " in TANDEM_MACHINE";
  }
  if (name == nullptr || *name == '\0') return &this_microarchitecture();
  if (const Microarchitecture* row = find(name)) return row;
  return error(StatusCode::kInvalidArgument, "machine \"%.32s\"%s is unknown; the valid names are %s", name, origin,
               names().text());
}

const Microarchitecture& this_microarchitecture() noexcept {
  static const Microarchitecture& row = *find(this_name());
  return row;
}

}  // namespace tandem::inline TANDEM_ABI::internal
