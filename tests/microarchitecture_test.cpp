// The rows of microarchitectures: each can be named, an unknown name is refused with the list, and no row changes a bit.
#include "src/machine/microarchitecture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "creation.hpp"
#include "current_case.hpp"
#include "environment.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "random.hpp"
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
      EXPECT_TRUE(units.tuning.panel_vectors == 2 || units.tuning.panel_vectors == 3) << row.name;
    }
    EXPECT_GE(row.l2_bytes, row.l3_bytes) << row.name;
    EXPECT_GE(row.l3_bytes, row.memory_bytes) << row.name;
  }
}

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
