// The ISAs a test binary runs on, and the channel counts at the edges of their vectors.
//
// Every suite that depends on the ISA is a testing::TestWithParam<std::string> over one of the two lists below, named by
// isa_test_name. With TANDEM_ISA set the sweeps keep to that one ISA; main() has refused a name this machine lacks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tandem/isa.hpp"

namespace tandem::test {

/// The ISAs whose kernels for tensors of 8 bits differ.
inline std::vector<std::string> int8_isas_under_test() {
  const char* wanted = std::getenv("TANDEM_ISA");
  std::vector<std::string> names;
  for (const IsaInfo& isa : isas()) {
    if (!isa.available) continue;
    if (wanted != nullptr && *wanted != '\0' && std::string(wanted) != isa.name) continue;
    names.emplace_back(isa.name);
  }
  return names;
}

/// The ISA that has an ISA's floating-point kernels.
inline std::string floating_point_isa(const std::string& isa) {
  if (isa == "avx512vnni") return "avx512";
  if (isa == "avxvnni") return "avx2";
  return isa == "neondot" || isa == "neoni8mm" ? "neon" : isa;
}

/// The ISAs whose floating-point kernels differ, and any that TANDEM_ISA names.
inline std::vector<std::string> isas_under_test() {
  std::vector<std::string> names = int8_isas_under_test();
  if (names.size() > 1) std::erase_if(names, [](const std::string& isa) { return isa != floating_point_isa(isa); });
  return names;
}

/// Whether the CPU has flags for PlanOptions::flush_denormals, which plan() refuses where it has none.
#if defined(__x86_64__) || defined(__aarch64__)
inline constexpr bool kFlushesDenormals = true;
#else
inline constexpr bool kFlushesDenormals = false;
#endif

/// Whether the result of arithmetic on a NaN is that NaN, made quiet; elsewhere, as on RISC-V, it is one NaN for all.
#if defined(__riscv)
inline constexpr bool kKeepsNans = false;
#else
inline constexpr bool kKeepsNans = true;
#endif

inline std::string isa_test_name(const testing::TestParamInfo<std::string>& info) { return info.param; }

/// V, the fp32 lanes of one vector.
inline std::int32_t vector_floats(const std::string& name) {
  for (const IsaInfo& isa : isas()) {
    if (name == isa.name) return isa.vector_floats;
  }
  ADD_FAILURE() << "no ISA is named " << name;
  return 1;
}

/// 1, 3 and both sides of one to three vectors, and more than the widest panel of the matrix product.
inline std::vector<std::int32_t> channel_edges(const std::string& isa) {
  const std::int32_t v = vector_floats(isa);
  std::vector<std::int32_t> edges;
  for (const std::int32_t c :
       {1, 3, v - 1, v, v + 1, 2 * v - 1, 2 * v, 2 * v + 1, 3 * v - 1, 3 * v, 3 * v + 1, 7 * v + 2}) {
    if (c >= 1 && std::find(edges.begin(), edges.end(), c) == edges.end()) edges.push_back(c);
  }
  return edges;
}

}  // namespace tandem::test
