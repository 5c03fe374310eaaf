// Proof of which ISA runs: while an operator runs, a profiler looks where the program is, and finds it in the functions
// of that ISA's namespace and in those of no other.
#include <chrono>
#include <map>
#include <regex>

#include "current_case.hpp"
#include "isas.hpp"
#include "profiler.hpp"
#include "sanitizers.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

class IsaProofTest : public testing::TestWithParam<std::string> {};

TEST_P(IsaProofTest, TimeIsSpentInThatIsasKernels) {
  if (kThreadSanitizer)
    GTEST_SKIP() << "ThreadSanitizer delays signals, so a sample does not say where the program was";
  if (kAddressSanitizer) GTEST_SKIP() << "the kernels spend their time in calls of AddressSanitizer";
  const Symbols symbols;
  ASSERT_FALSE(symbols.empty()) << "nm told no functions of this program";
  const std::string home = floating_point_isa(GetParam());
  // An ISA's namespace, wherever it stands: within a template's arguments as well.
  const std::regex kernel_symbol("tandem::v[0-9_]+::kernels::([a-z0-9]+)::");

  for (const Subject& subject : subjects(GetParam())) {
    if (!subject.large) continue;
    const CurrentCase described(subject.name);
    const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const Tensors tensors(subject);
    Workspace workspace(*plan);
    std::vector<float> dst(static_cast<std::size_t>(plan->output_shape().elements()));
    const RunArgs args = arguments(tensors, dst, workspace);

    // Samples are few and say nothing where the program was in the C library or in the kernel of the system, so they
    // are taken until enough of them tell an ISA.
    constexpr int kEnough = 10;
    constexpr std::size_t kAtOnce = 10;  // ticks come every 1 to 10 ms, as the system has it
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::map<std::string, int> samples;  // by ISA
    int told = 0;
    while (told < kEnough && std::chrono::steady_clock::now() < deadline) {
      Profiler profiler;
      while (profiler.count() < kAtOnce && std::chrono::steady_clock::now() < deadline) {
        ASSERT_TRUE(plan->run(args).ok());
      }
      for (const std::uintptr_t address : profiler.stop()) {
        const std::string name = symbols.name_of(address);
        std::smatch match;
        if (!std::regex_search(name, match, kernel_symbol)) continue;
        ++samples[match[1]];
        ++told;
      }
    }
    EXPECT_GE(samples[home], kEnough) << "too few samples in tandem::kernels::" << home;
    samples.erase(home);
    for (const auto& [other, count] : samples) ADD_FAILURE() << count << " samples in tandem::kernels::" << other;
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, IsaProofTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
