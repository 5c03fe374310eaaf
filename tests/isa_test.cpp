// The list of ISAs, and which one a name or TANDEM_ISA selects.
#include "tandem/isa.hpp"

#include <cstring>
#include <set>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "creation.hpp"
#include "environment.hpp"
#include "isas.hpp"
#include "kernels/kernel_table.hpp"
#include "refusal.hpp"

namespace tandem::test {
namespace {

constexpr const char* kVariable = "TANDEM_ISA";

Result<Operator> any_operator(const char* isa) {
  const std::vector<float> filter = {1.0F};
  return Operator::pointwise({1, 1, {}, false}, {filter, FilterLayout::kOihw}, {isa});
}

// Asks before the constructors of libraries have run, so that what the library remembers from here on is tested by all
// that follows. 101 is the first priority that a program may have.
bool asked_early = false;
__attribute__((constructor(101))) void ask_early() {
  static_cast<void>(isas());
  asked_early = true;
}

const char* fastest_available() {
  for (const IsaInfo& isa : isas()) {
    if (isa.available) return isa.name;
  }
  return "none";
}

TEST(IsaTest, FastestFirstScalarLast) {
  const IsaList list = isas();
  ASSERT_GE(list.size, 1U);
  std::vector<std::string> names;
#define TANDEM_TEST_NAME(isa) names.emplace_back(#isa);
  TANDEM_FOR_EACH_ISA(TANDEM_TEST_NAME)
#undef TANDEM_TEST_NAME
  ASSERT_EQ(list.size, names.size());
  for (std::size_t i = 0; i < list.size; ++i) EXPECT_EQ(list.data[i].name, names[i]);

  const IsaInfo& last = list.data[list.size - 1];
  EXPECT_STREQ(last.name, "scalar");
  EXPECT_TRUE(last.available);
  EXPECT_EQ(last.vector_floats, 1);
  for (std::size_t i = 1; i < list.size; ++i) EXPECT_GE(list.data[i - 1].vector_floats, list.data[i].vector_floats);
}

TEST(IsaTest, AvailabilityIsWhatTheSystemSaysOfThisCpu) {
  ASSERT_TRUE(asked_early);
#if defined(__x86_64__)
  for (const IsaInfo& isa : isas()) {
    const std::string name = isa.name;
    if (name == "sse41") {
      EXPECT_EQ(isa.available, __builtin_cpu_supports("sse4.1") != 0);
    }
    if (name == "avx2") {
      EXPECT_EQ(isa.available, __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0);
    }
    if (name == "avxvnni" && isa.available) {
      EXPECT_TRUE(__builtin_cpu_supports("avx2"));
    }
    if (name == "avx512vnni" && isa.available) {
      EXPECT_TRUE(__builtin_cpu_supports("avx512vnni"));
    }
    if (name.starts_with("avx512") && isa.available) {
      EXPECT_TRUE(__builtin_cpu_supports("avx512f"));
      EXPECT_TRUE(__builtin_cpu_supports("avx512cd"));
      EXPECT_TRUE(__builtin_cpu_supports("avx512bw"));
      EXPECT_TRUE(__builtin_cpu_supports("avx512dq"));
      EXPECT_TRUE(__builtin_cpu_supports("avx512vl"));
    }
  }
#elif defined(__aarch64__) && defined(__linux__)
  for (const IsaInfo& isa : isas()) {
    const std::string name = isa.name;
    if (name == "neondot") {
      EXPECT_EQ(isa.available, (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0);
    }
    if (name == "neoni8mm") {
      EXPECT_EQ(isa.available, (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0);
    }
  }
#endif
}

TEST(IsaTest, TheVariableSelects) {
  for (const IsaInfo& isa : isas()) {
    const ScopedVariable variable(kVariable, isa.name);
    const Result<const char*> selected = select_isa();
    const Result<Operator> op = any_operator(nullptr);
    if (isa.available) {
      ASSERT_TRUE(selected.ok()) << selected.status().message();
      EXPECT_STREQ(*selected, isa.name);
      ASSERT_TRUE(op.ok()) << op.status().message();
      EXPECT_STREQ(op->isa(), isa.name);
    } else {
      const std::vector<std::string> says = {isa.name, kVariable, fastest_available(), "scalar"};
      expect_refused("select_isa", selected.status(), StatusCode::kUnavailableIsa, says);
      expect_refused("create", op.status(), StatusCode::kUnavailableIsa, says);
    }
  }
}

TEST(IsaTest, WithoutAVariableTheFastest) {
  for (const char* value : {static_cast<const char*>(nullptr), ""}) {
    const ScopedVariable variable(kVariable, value);
    const Result<const char*> selected = select_isa();
    ASSERT_TRUE(selected.ok()) << selected.status().message();
    EXPECT_STREQ(*selected, fastest_available());
  }
}

TEST(IsaTest, AnUnknownVariableIsRefusedWithTheValidNames) {
  for (const char* value : {"bogus", "AVX2", "avx2 ", "scalar,avx2"}) {
    const ScopedVariable variable(kVariable, value);
    std::vector<std::string> says = {value, kVariable};
    for (const IsaInfo& isa : isas()) says.emplace_back(isa.name);
    expect_refused("select_isa", select_isa().status(), StatusCode::kUnknownIsa, says);
    expect_refused("create", any_operator(nullptr).status(), StatusCode::kUnknownIsa, says);
  }
}

TEST(IsaTest, AVeryLongNameIsRefused) {
  const std::string endless(5000, 'x');
  expect_refused("select_isa", select_isa(endless.c_str()).status(), StatusCode::kUnknownIsa, {"xxx", "scalar"});
}

TEST(IsaTest, ANameGoesBeforeTheVariable) {
  const ScopedVariable variable(kVariable, "bogus");
  const Result<const char*> selected = select_isa("scalar");
  ASSERT_TRUE(selected.ok()) << selected.status().message();
  EXPECT_STREQ(*selected, "scalar");
  const Result<Operator> op = any_operator("scalar");
  ASSERT_TRUE(op.ok()) << op.status().message();
  EXPECT_STREQ(op->isa(), "scalar");
}

TEST(IsaTest, PlansKeepTheirOperatorsIsa) {
  for (const std::string& isa : int8_isas_under_test()) {
    const Result<Operator> op = any_operator(isa.c_str());
    ASSERT_TRUE(op.ok()) << op.status().message();
    const ScopedVariable variable(kVariable, "bogus");
    const Result<Plan> plan = op->plan({1, 2, 2, 1});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(plan->isa(), isa);
    EXPECT_NE(std::strstr(plan->explain(), isa.c_str()), nullptr) << plan->explain();
  }
}

}  // namespace
}  // namespace tandem::test
