// Objects without contents and batches without images: they answer, and nothing happens.
#include <utility>

#include "refusal.hpp"
#include "subjects.hpp"
#include "tandem/sequence.hpp"
#include "tandem/tandem.h"

namespace tandem::test {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr Shape kNone{0, 0, 0, 0};

void expect_empty(const char* what, const Operator& op) {
  EXPECT_TRUE(op.empty()) << what;
  expect_refused(what, op.plan({1, 8, 8, 8}).status(), kInvalid, {"operator is empty"});
  expect_refused(what, op.output_shape({1, 8, 8, 8}).status(), kInvalid, {"operator is empty"});
  expect_refused(what, op.op_count({1, 8, 8, 8}).status(), kInvalid, {"operator is empty"});
  EXPECT_STREQ(op.name(), "");
  EXPECT_STREQ(op.isa(), "");
  EXPECT_EQ(op.packed_bytes(), 0U);
}

void expect_empty(const char* what, const Plan& plan) {
  EXPECT_TRUE(plan.empty()) << what;
  float values[8] = {};
  expect_refused(what, plan.run(values, values + 4, nullptr), kInvalid, {"plan is empty"});
  EXPECT_EQ(plan.input_shape(), kNone);
  EXPECT_EQ(plan.output_shape(), kNone);
  EXPECT_EQ(plan.workspace_bytes(), 0U);
  EXPECT_EQ(plan.threads(), 0);
  EXPECT_EQ(plan.op_count(), 0);
  EXPECT_STREQ(plan.isa(), "");
  EXPECT_STREQ(plan.explain(), "");
  EXPECT_EQ(plan.report().kernel, nullptr);
}

void expect_empty(const char* what, const Sequence& sequence) {
  EXPECT_TRUE(sequence.empty()) << what;
  expect_refused(what, sequence.run(nullptr, 0), kInvalid, {"sequence is empty"});
  EXPECT_EQ(sequence.size(), 0U);
  EXPECT_EQ(sequence.workspace_bytes(), 0U);
}

template <class T>
void expect_empty_after_moving(T& object) {
  EXPECT_FALSE(object.empty());
  T other = std::move(object);
  EXPECT_FALSE(other.empty());
  expect_empty("moved from", object);  // NOLINT(bugprone-use-after-move)
  object = std::move(other);
  EXPECT_FALSE(object.empty());
}

TEST(EmptyTest, DefaultConstructed) {
  expect_empty("default", Operator());
  expect_empty("default", Plan());
  expect_empty("default", Sequence());
  const std::vector<Plan> plans(3);
  expect_refused("a list of them", Sequence::create(plans).status(), kInvalid, {"plan 0 is empty"});
}

TEST(EmptyTest, MovedFrom) {
  const Subject subject = subjects(isas_under_test().front()).front();
  Operator op = subject.op;
  Plan plan = *op.plan(subject.input);
  Sequence sequence = *Sequence::create(&plan, 1);
  expect_empty_after_moving(op);
  expect_empty_after_moving(plan);
  expect_empty_after_moving(sequence);
}

// Whoever forgets to ask ok() is told later.
TEST(EmptyTest, TheValueOfAFailedResult) {
  const Result<Operator> op = Operator::pointwise({-1, 1, {}, false}, {});
  ASSERT_FALSE(op.ok());
  expect_empty("failed", *op);
  expect_empty("failed", *op->plan({1, 1, 1, 1}));
  expect_empty("failed", Sequence::create(nullptr, 0).value());
}

class EmptyBatchTest : public testing::TestWithParam<std::string> {};

TEST_P(EmptyBatchTest, WritesNothing) {
  for (const Subject& subject : subjects(GetParam())) {
    Shape none = subject.input;
    none.n = 0;
    const Result<Plan> one = subject.op.plan(subject.input);
    const Result<Plan> plan = subject.op.plan(none);
    ASSERT_TRUE(plan.ok()) << subject.name << ": " << plan.status().message();
    Shape output = one->output_shape();
    output.n = 0;
    EXPECT_EQ(plan->input_shape(), none);
    EXPECT_EQ(plan->output_shape(), output);
    EXPECT_EQ(*subject.op.output_shape(none), output);
    EXPECT_EQ(*subject.op.op_count(none), 0);
    EXPECT_EQ(plan->op_count(), 0);
    EXPECT_EQ(plan->workspace_bytes(), 0U);
    EXPECT_EQ(plan->threads(), 1);
    EXPECT_TRUE(plan->run(nullptr, nullptr, nullptr).ok());

    // Between other plans it changes nothing.
    const Tensors tensors(subject);
    const std::vector<float> expected = run_once(subject, tensors, {});
    std::vector<float> dst(expected.size());
    Workspace workspace(*one);
    const Result<Sequence> sequence = Sequence::create(std::vector<Plan>{*plan, *one, *plan});
    ASSERT_TRUE(sequence.ok()) << sequence.status().message();
    const RunArgs args = arguments(tensors, dst, workspace);
    ASSERT_TRUE(sequence->run(std::vector<RunArgs>{{}, args, {}}).ok());
    EXPECT_EQ(first_difference(dst, expected), -1) << subject.name;
  }
}

// What one image would be refused for, none is refused for as well.
TEST_P(EmptyBatchTest, IsCheckedLikeAnother) {
  const Subject subject = subjects(GetParam()).front();
  Shape wrong = subject.input;
  wrong.n = 0;
  wrong.c += 1;
  expect_refused("channels", subject.op.plan(wrong).status(), kInvalid, {"input c"});
  wrong = {0, std::int64_t{1} << 40, std::int64_t{1} << 40, subject.input.c};
  expect_refused("size", subject.op.plan(wrong).status(), StatusCode::kOutOfRange, {"1099511627776"});
}

INSTANTIATE_TEST_SUITE_P(Isas, EmptyBatchTest, testing::ValuesIn(isas_under_test()), isa_test_name);

// The two functions of C that have no counterpart in C++.
TEST(WorkspaceAllocTest, IsAlignedOrNull) {
  for (const std::size_t bytes : {1U, 63U, 64U, 100000U}) {
    void* const workspace = tandem_workspace_alloc(bytes);
    ASSERT_NE(workspace, nullptr) << bytes;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(workspace) % TANDEM_WORKSPACE_ALIGNMENT, 0U) << bytes;
    std::fill_n(static_cast<char*>(workspace), bytes, 'x');
    tandem_workspace_free(workspace);
  }
  EXPECT_EQ(tandem_workspace_alloc(0), nullptr);
  tandem_workspace_free(nullptr);
}

}  // namespace
}  // namespace tandem::test
