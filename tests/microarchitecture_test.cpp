// The rows of microarchitectures: each can be named, an unknown name is refused with the list, and no row changes a bit.
#include "src/machine/microarchitecture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "creation.hpp"
#include "current_case.hpp"
#include "environment.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "random.hpp"
#include "src/machine/cpu_arm.hpp"
#include "src/machine/cpu_x86.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

using internal::Microarchitecture;
using internal::microarchitectures;
using internal::select_microarchitecture;

TEST(Microarchitecture, EveryRowCanBeNamed) {
  const ScopedVariable unset("TANDEM_MACHINE", nullptr);
  std::set<std::string> names;
  for (const Microarchitecture& row : microarchitectures()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " stands twice";
    EXPECT_EQ(select_microarchitecture(row.name).value(), &row);
    const ScopedVariable named("TANDEM_MACHINE", row.name);
    EXPECT_EQ(select_microarchitecture().value(), &row);
  }
  EXPECT_TRUE(names.contains("generic"));
  EXPECT_EQ(select_microarchitecture().value(), &internal::this_microarchitecture());
}

TEST(Microarchitecture, RatesArePossible) {
  for (const Microarchitecture& row : microarchitectures()) {
    for (const std::int32_t lanes : {1, 4, 8, 16}) {
      const internal::VectorUnits& units = row.units(lanes);
      EXPECT_GE(units.multiply_adds, 0.5) << row.name;
      EXPECT_LE(units.multiply_adds, row.issue_width) << row.name;
      EXPECT_GE(units.loads, 0.5) << row.name;
      for (const kernels::Tuning& tuning : {units.tuning, units.int8}) {
        EXPECT_TRUE(tuning.panel_vectors == 2 || tuning.panel_vectors == 3) << row.name;
      }
    }
    EXPECT_GE(row.l2_bytes, row.l3_bytes) << row.name;
    EXPECT_GE(row.l3_bytes, row.memory_bytes) << row.name;
  }
}

#if defined(__x86_64__)
// Also of families and models that are not sold yet. Zen 4, AMD's family 25 with AVX-512, has units of 32 bytes.
TEST(Microarchitecture, EveryX86CpuHasARow) {
  using internal::X86Features;
  for (const auto& [intel, amd] : {std::pair{true, false}, {false, true}, {false, false}}) {
    for (unsigned family = 0; family <= 0x20; ++family) {
      for (unsigned model = 0; model <= 0xFF; ++model) {
        for (const X86Features& features : {X86Features{}, {true, true, false}, {true, true, true}}) {
          const char* name = internal::x86_microarchitecture({intel, amd, family, model, features});
          const Result<const Microarchitecture*> row = select_microarchitecture(name);
          ASSERT_TRUE(row.ok()) << row.status().message();
          if (!amd || family != 25) continue;
          ASSERT_STREQ(name, features.avx512 ? "zen4" : "zen3");
          ASSERT_EQ((*row)->units(8).multiply_adds, 2.0);
          if (features.avx512) {
            ASSERT_EQ((*row)->units(16).multiply_adds, 1.0);
          }
        }
      }
    }
  }
}

// What the operating system says of this CPU.
TEST(Microarchitecture, ThisX86CpuIsIdentified) {
  std::ifstream file("/proc/cpuinfo");
  if (!file) GTEST_SKIP() << "the operating system has no /proc/cpuinfo";
  std::map<std::string, std::string> first;  // of the first processor
  for (std::string line; std::getline(file, line) && !line.empty();) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    first[line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1)] = line.substr(colon + 2);
  }
  const internal::X86Identity cpu = internal::x86_identity();
  EXPECT_EQ(cpu.intel, first["vendor_id"] == "GenuineIntel");
  EXPECT_EQ(std::to_string(cpu.family), first["cpu family"]);
  EXPECT_EQ(std::to_string(cpu.model), first["model"]);
}
#endif

#if defined(__aarch64__)
TEST(Microarchitecture, EveryArmCpuHasARow) {
  for (const unsigned implementer : {0x41U, 0x51U, 0x61U}) {
    for (unsigned part = 0; part <= 0xFFF; ++part) {
      const auto row = select_microarchitecture(internal::arm_microarchitecture({implementer, part}));
      ASSERT_TRUE(row.ok()) << row.status().message();
    }
  }
}
#endif

class MicroarchitectureTest : public testing::TestWithParam<std::string> {};

TEST_P(MicroarchitectureTest, CreateRefusesAnUnknownNameWithTheList) {
  const ScopedVariable unknown("TANDEM_MACHINE", "abacus");
  Random random(1);
  const PointwiseParams params{3, 5, {}, false};
  const Result<Operator> op = create(params, random_weights(filter_shape(params), true, random), GetParam());
  ASSERT_FALSE(op.ok());
  EXPECT_EQ(op.status().code(), StatusCode::kInvalidArgument);
  const std::string sentence = op.status().message();
  EXPECT_NE(sentence.find("machine \"abacus\" in TANDEM_MACHINE is unknown"), std::string::npos) << sentence;
  for (const Microarchitecture& row : microarchitectures()) {
    EXPECT_NE(sentence.find(row.name), std::string::npos) << row.name << " is missing in: " << sentence;
  }
}

/// The outputs of all subjects, which are created and run on the machine of TANDEM_MACHINE.
std::vector<std::vector<float>> outputs(const std::string& isa, const std::string& machine) {
  std::vector<std::vector<float>> all;
  BackwardPool pool(3);
  for (const Subject& subject : subjects(isa)) {
    const CurrentCase described(machine + ", " + subject.name);
    const PlanOptions options{3, pool.executor()};
    EXPECT_EQ(subject.op.plan(subject.input, options).value().report().machine, machine);
    all.push_back(run_once(subject, Tensors(subject), options));
  }
  return all;
}

// One row of each tuning is enough.
TEST_P(MicroarchitectureTest, NoRowChangesABit) {
  std::vector<kernels::Tuning> tested;
  std::vector<std::vector<float>> first;
  for (const Microarchitecture& row : microarchitectures()) {
    const kernels::Tuning& tuning = row.units(vector_floats(GetParam())).tuning;
    if (std::find(tested.begin(), tested.end(), tuning) != tested.end()) continue;
    const ScopedVariable named("TANDEM_MACHINE", row.name);
    const std::vector<std::vector<float>> made = outputs(GetParam(), row.name);
    if (tested.empty()) first = made;
    tested.push_back(tuning);
    ASSERT_EQ(made.size(), first.size());
    for (std::size_t i = 0; i < made.size(); ++i) EXPECT_EQ(first_difference(made[i], first[i]), -1) << row.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, MicroarchitectureTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
