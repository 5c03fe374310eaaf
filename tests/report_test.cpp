// What a plan says of itself, through the public interface: the report, and the line that is made of it.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "current_case.hpp"
#include "isas.hpp"
#include "machines.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

class ReportTest : public testing::TestWithParam<std::string> {};

// Whole tensors must be that much faster to be worth their workspace.
constexpr double kMargin = 0.97;

bool is_block(const PlanReport& r) { return r.kind == PlanKind::kFusedBlock || r.kind == PlanKind::kUnfusedBlock; }

TEST_P(ReportTest, SaysWhatThePlanSays) {
  BackwardPool pool(8);
  for (const Subject& subject : all_subjects(GetParam())) {
    for (const std::int32_t threads : {1, 8}) {
      const Result<Plan> plan = subject.op.plan(subject.input, {threads, pool.executor()});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      const CurrentCase described(plan->explain());
      const PlanReport& r = plan->report();
      EXPECT_STREQ(r.isa, GetParam().c_str());
      EXPECT_EQ(r.vector_floats, vector_floats(GetParam()));
      EXPECT_EQ(r.partition == Partition::kNone, r.workers == 1);
      EXPECT_GT(r.predicted_seconds, 0.0);
      EXPECT_GT(r.l2_bytes + r.l3_bytes + r.memory_bytes, 0);
      EXPECT_GT(r.balance, 0.0);
      EXPECT_LE(r.balance, 1.0);
      EXPECT_GT(r.row_block, 0);
      EXPECT_GT(r.channel_block, 0);
      EXPECT_GE(r.candidate, 1);
      EXPECT_LE(r.candidate, r.candidates);
    }
  }
}

// Fused or not, a block says why: the predicted times of both.
TEST_P(ReportTest, ABlockTakesTheFasterWay) {
  int blocks = 0;
  for (const Subject& subject : all_subjects(GetParam())) {
    const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const CurrentCase described(plan->explain());
    const PlanReport& r = plan->report();
    if (!is_block(r)) {
      EXPECT_EQ(r.fused_seconds, 0.0);
      EXPECT_EQ(r.unfused_workspace_bytes, 0U);
      continue;
    }
    ++blocks;
    EXPECT_EQ(r.kind == PlanKind::kUnfusedBlock, r.unfused_seconds < kMargin * r.fused_seconds);
    EXPECT_EQ(r.predicted_seconds, r.kind == PlanKind::kUnfusedBlock ? r.unfused_seconds : r.fused_seconds);
    EXPECT_GT(r.unfused_workspace_bytes, 0U);
    const bool says =
        std::strstr(plan->explain(), r.kind == PlanKind::kFusedBlock ? "us, unfused" : "us, fused") != nullptr;
    EXPECT_TRUE(says);
  }
  EXPECT_GT(blocks, 3);
}

// No other candidate is expected to be faster, and the first candidate of a block is the unfused one.
TEST_P(ReportTest, TheChosenCandidateIsTheFastest) {
  BackwardPool pool(8);
  for (const Subject& subject : all_subjects(GetParam())) {
    PlanOptions options{8, pool.executor()};
    const PlanReport chosen = subject.op.plan(subject.input, options).value().report();
    for (options.candidate = 1; options.candidate <= chosen.candidates; ++options.candidate) {
      const Result<Plan> plan = subject.op.plan(subject.input, options);
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      const CurrentCase described(plan->explain());
      const PlanReport& r = plan->report();
      EXPECT_EQ(r.candidate, options.candidate);
      // A block whose workers share channels may be taken as one strip.
      const bool whole = r.kind == PlanKind::kUnfusedBlock || (is_block(r) && r.partition == Partition::kChannels);
      EXPECT_GE(r.predicted_seconds, chosen.predicted_seconds * (whole ? kMargin : 1.0));
      if (options.candidate == chosen.candidate) {
        EXPECT_EQ(r.predicted_seconds, chosen.predicted_seconds);
      }
      if (is_block(r)) {
        EXPECT_EQ(r.kind == PlanKind::kUnfusedBlock, options.candidate == 1);
      }
    }
  }
}

// The caller's figures decide, not this machine's.
TEST_P(ReportTest, FollowsTheMachineItIsGiven) {
  for (const Subject& subject : all_subjects(GetParam())) {
    if (subject.name != "inverted residual wide map") continue;
    PlanOptions options{1, Executor::inline_only(), 0, usual()};
    options.machine.l1_bytes = options.machine.l2_bytes = std::int64_t{1} << 30;
    const PlanReport large = subject.op.plan(subject.input, options).value().report();
    options.machine.l1_bytes = 32 << 10;
    options.machine.l2_bytes = 128 << 10;
    const PlanReport small = subject.op.plan(subject.input, options).value().report();
    EXPECT_GT(large.strip_rows, small.strip_rows);
    EXPECT_GT(small.l3_bytes, large.l3_bytes);
    options.machine.multiply_adds = 1e6;
    EXPECT_GT(subject.op.plan(subject.input, options).value().report().predicted_seconds,
              1e3 * small.predicted_seconds);
    return;
  }
  FAIL() << "the subject is gone";
}

TEST_P(ReportTest, AWorkspaceOfStripsIsSmallerThanWholeTensors) {
  for (const Subject& subject : all_subjects(GetParam())) {
    if (subject.name != "inverted residual own input") continue;
    const PlanReport r = subject.op.plan(subject.input, {1, Executor::inline_only(), 0, usual()}).value().report();
    ASSERT_EQ(r.kind, PlanKind::kFusedBlock);
    EXPECT_LT(r.workspace_bytes, r.unfused_workspace_bytes / 4);
    return;
  }
  FAIL() << "the subject is gone";
}

struct DepthwiseCase {
  std::int32_t channels, kernel, stride, dilation, multiplier;
  std::int64_t size;
  const char* kernel_name;  // a part of it
  const char* walk;
};

Result<Operator> depthwise(const DepthwiseCase& c, const std::string& isa) {
  DepthwiseParams p;
  p.channels = c.channels;
  p.multiplier = c.multiplier;
  p.kernel_h = p.kernel_w = c.kernel;
  p.stride_h = p.stride_w = c.stride;
  p.dilation_h = p.dilation_w = c.dilation;
  p.padding = Padding::same();
  const std::vector<float> filter(static_cast<std::size_t>(c.kernel * c.kernel * c.channels * c.multiplier), 0.5F);
  return Operator::depthwise(p, {filter}, {isa.c_str()});
}

TEST_P(ReportTest, NamesTheKernelOfADepthwise) {
  const std::int32_t vector = vector_floats(GetParam());
  // One row or two of 3x3 and 5x5: "w3s1" or "3x3s1".
  const DepthwiseCase cases[] = {
      {32, 3, 1, 1, 1, 28, "3s1", "direct"},
      {32, 5, 2, 1, 1, 28, "5s2", "direct"},
      {32, 7, 1, 2, 1, 28, "w7s1", "direct"},
      {32, 3, 2, 2, 1, 28, "w3s1", "direct"},  // every 2nd column: stride 1
      {32, 3, 3, 3, 1, 28, "w3s1", "direct"},
      {32, 3, 1, 2, 1, 13, "any", "direct"},  // of the 13 outputs of a row a tile would need 14
      {32, 3, 3, 1, 1, 28, "any", "direct"},
      {32, 4, 1, 1, 1, 28, "any", "direct"},
      {32, 3, 1, 1, 1, 6, "any", "direct"},
      // 1 KB from pixel to pixel: a vector of a whole line reads each line once.
      {256, 3, 1, 1, 1, 28, "3s1", vector == 16 ? "direct" : "copied"},
      {512, 3, 1, 1, 1, 28, "3s1", "copied"},
      {vector, 3, 1, 1, 1, 28, "3s1", "direct"},
      {32, 3, 1, 1, 2, 28, "3s1", "spread"},
      {32, 9, 1, 1, 2, 28, "any", "spread"},
  };
  for (const DepthwiseCase& c : cases) {
    const Result<Operator> op = depthwise(c, GetParam());
    ASSERT_TRUE(op.ok()) << op.status().message();
    PlanOptions options;
    options.machine.l1_bytes = 32 << 10;
    const Plan plan = op->plan({1, c.size, c.size, c.channels}, options).value();
    const CurrentCase described(plan.explain());
    EXPECT_NE(std::strstr(plan.report().kernel, c.kernel_name), nullptr) << plan.report().kernel;
    EXPECT_STREQ(plan.report().walk, c.walk);
    // With 48 KB of L1 the lines of a 3x3 tile stay there.
    options.machine.l1_bytes = 48 << 10;
    const char* const walk = std::strcmp(c.walk, "copied") == 0 ? "direct" : c.walk;
    EXPECT_STREQ(op->plan({1, c.size, c.size, c.channels}, options).value().report().walk, walk);
  }
  if (vector > 1) {
    const std::int32_t few = vector / 2 - 1;
    const Result<Operator> narrow = depthwise({few, 3, 1, 1, 1, 28, "", ""}, GetParam());
    EXPECT_STREQ(narrow->plan({1, 28, 28, few}).value().report().kernel, "depthwise_few");
  }
}

TEST_P(ReportTest, NamesTheWalkOfARegularConvolution) {
  const auto walk = [&](std::int32_t channels, std::int32_t groups, std::int64_t size,
                        std::int32_t out_channels = 0) -> std::string {
    Conv2dParams p;
    p.in_channels = channels;
    p.out_channels = out_channels > 0 ? out_channels : channels;
    p.groups = groups;
    p.kernel_h = p.kernel_w = 3;
    p.padding = Padding::same();
    const std::vector<float> filter(static_cast<std::size_t>(9 * p.out_channels * channels / groups), 0.5F);
    const Operator op = Operator::conv2d(p, {filter}, {GetParam().c_str()}).value();
    return op.plan({1, size, size, channels}, {1, Executor::inline_only(), 0, usual()}).value().report().walk;
  };
  EXPECT_EQ(walk(16, 1, 56), "windows");
  EXPECT_EQ(walk(128, 1, 4), "taps");
  EXPECT_EQ(walk(64, 4, 28, 4), "spread");  // would leave all lanes but one of each vector idle
  EXPECT_EQ(walk(32, 32, 28), "direct");
}

TEST_P(ReportTest, SaysWhereOutputsAreMade) {
  const auto epilogue = [&](const Activation& activation, bool residual, ResidualOrder order,
                            std::int64_t size = 8) -> std::string {
    PointwiseParams p;
    p.in_channels = 16;
    p.out_channels = 32;
    p.activation = activation;
    p.residual = residual;
    p.residual_order = order;
    const std::vector<float> filter(512, 0.5F);
    const Operator op = Operator::pointwise(p, {filter}, {GetParam().c_str()}).value();
    // Many workers might have a row each, which has a kernel of its own.
    return op.plan({1, size, size, 16}, {1, Executor::inline_only()}).value().report().epilogue;
  };
  EXPECT_EQ(epilogue(Activation::none(), false, ResidualOrder::kBeforeActivation), "registers");
  EXPECT_EQ(epilogue(Activation::relu6(), true, ResidualOrder::kBeforeActivation), "registers");
  EXPECT_EQ(epilogue(Activation::relu6(), true, ResidualOrder::kAfterActivation), "memory");
  const float two = 2.0F;
  EXPECT_EQ(epilogue(Activation::relu6().with_affine({&two, 1}, {}), false, ResidualOrder::kBeforeActivation),
            "memory");
  EXPECT_EQ(epilogue(Activation::silu(), false, ResidualOrder::kBeforeActivation), "memory");
  EXPECT_EQ(epilogue(Activation::relu6(), false, ResidualOrder::kBeforeActivation, 1), "memory");
}

INSTANTIATE_TEST_SUITE_P(Isas, ReportTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
