// What run() refuses; nothing is written then.
#include "guarded_buffer.hpp"
#include "isas.hpp"
#include "refusal.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;

class RunValidationTest : public testing::TestWithParam<std::string> {
 protected:
  /// Calls refuse(plan, right arguments) for every subject; its output must stay poison.
  template <class Refuse>
  void for_each_subject(const Refuse& refuse) const {
    for (const Subject& subject : subjects(GetParam())) {
      const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      const Tensors tensors(subject);
      Workspace workspace(*plan);
      const auto elements = static_cast<std::size_t>(plan->output_shape().elements());
      GuardedOutput dst("dst", elements * sizeof(float), Placement::kEndsAtGuard);
      std::vector<float> unused;
      RunArgs args = arguments(tensors, unused, workspace);
      args.dst = dst.floats();
      refuse(*plan, args);
      for (std::size_t i = 0; i < elements; ++i) {
        ASSERT_TRUE(is_poison(dst.floats()[i])) << subject.name << ": element " << i << " was written";
      }
    }
  }
};

TEST_P(RunValidationTest, NullTensors) {
  for_each_subject([](const Plan& plan, RunArgs args) {
    const RunArgs right = args;
    args.src = nullptr;
    expect_refused("src", plan.run(args), kInvalid, {"src"});
    args = right;
    args.dst = nullptr;
    expect_refused("dst", plan.run(args), kInvalid, {"dst"});
    expect_refused("nothing", plan.run({}), kInvalid, {"null"});
  });
}

TEST_P(RunValidationTest, ResidualAsDeclared) {
  for_each_subject([](const Plan& plan, RunArgs args) {
    const bool wanted = args.residual != nullptr;
    args.residual = wanted ? nullptr : args.src;
    expect_refused(wanted ? "missing" : "not declared", plan.run(args), kInvalid, {"residual"});
  });
}

TEST_P(RunValidationTest, Workspace) {
  int needed = 0;
  for_each_subject([&](const Plan& plan, RunArgs args) {
    if (plan.workspace_bytes() == 0) return;
    ++needed;
    const RunArgs right = args;
    args.workspace = nullptr;
    expect_refused("null", plan.run(args), kInvalid, {"workspace", std::to_string(plan.workspace_bytes())});
    args.workspace = static_cast<char*>(right.workspace) + 4;
    expect_refused("misaligned", plan.run(args), kInvalid, {"workspace", "64", "4"});
  });
  EXPECT_GT(needed, 0) << "no operator needs a workspace, so nothing was tested";
}

INSTANTIATE_TEST_SUITE_P(Isas, RunValidationTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
