// The formulas of cost.hpp, and the operation counts of operators and plans, against counting by loops.
#include "tandem/cost.hpp"

#include <gtest/gtest.h>

#include "current_case.hpp"
#include "isas.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

struct Sizes {
  std::int64_t kernel_h, kernel_w, in, h, w, out;
};

const Sizes kSizes[] = {{1, 1, 1, 1, 1, 1}, {3, 3, 4, 5, 6, 7}, {5, 2, 3, 1, 9, 8}, {1, 7, 6, 4, 1, 2}};

std::int64_t count_regular(const Sizes& s) {
  std::int64_t count = 0;
  for (std::int64_t y = 0; y < s.h; ++y)
    for (std::int64_t x = 0; x < s.w; ++x)
      for (std::int64_t m = 0; m < s.out; ++m)
        for (std::int64_t c = 0; c < s.in; ++c)
          for (std::int64_t ky = 0; ky < s.kernel_h; ++ky)
            for (std::int64_t kx = 0; kx < s.kernel_w; ++kx) ++count;
  return count;
}

std::int64_t count_depthwise(const Sizes& s) {
  std::int64_t count = 0;
  for (std::int64_t y = 0; y < s.h; ++y)
    for (std::int64_t x = 0; x < s.w; ++x)
      for (std::int64_t c = 0; c < s.in; ++c)
        for (std::int64_t ky = 0; ky < s.kernel_h; ++ky)
          for (std::int64_t kx = 0; kx < s.kernel_w; ++kx) ++count;
  return count;
}

std::int64_t count_pointwise(const Sizes& s) { return count_regular({1, 1, s.in, s.h, s.w, s.out}); }

TEST(CostTest, FormulasCountTheLoops) {
  for (const Sizes& s : kSizes) {
    EXPECT_EQ(cost::regular(s.kernel_h, s.kernel_w, s.in, s.h, s.w, s.out), count_regular(s));
    EXPECT_EQ(cost::depthwise(s.kernel_h, s.kernel_w, s.in, s.h, s.w), count_depthwise(s));
    EXPECT_EQ(cost::pointwise(s.in, s.h, s.w, s.out), count_pointwise(s));
    EXPECT_EQ(cost::separable(s.kernel_h, s.kernel_w, s.in, s.h, s.w, s.out), count_depthwise(s) + count_pointwise(s));
  }
}

TEST(CostTest, RatioIsSeparableOverRegular) {
  for (const Sizes& s : kSizes) {
    const double counted =
        static_cast<double>(count_depthwise(s) + count_pointwise(s)) / static_cast<double>(count_regular(s));
    EXPECT_NEAR(cost::separable_ratio(s.kernel_h, s.kernel_w, s.out), counted, 1e-12);
  }
  EXPECT_NEAR(1.0 / cost::separable_ratio(3, 3, 256), 8.7, 0.05);  // as the theory is usually quoted
}

TEST(CostTest, ConstantExpressions) {
  static_assert(cost::regular(3, 3, 64, 56, 56, 128) == std::int64_t{9} * 64 * 56 * 56 * 128);
  static_assert(cost::separable_ratio(3, 3, 9) > 0.222);
}

// What each subject of subjects.cpp must cost, from its name.
std::int64_t expected_count(const std::string& name) {
  const auto block = [](std::int64_t in, std::int64_t mid, std::int64_t out, std::int64_t kernel, std::int64_t in_hw,
                        std::int64_t out_hw) { return in_hw * in * mid + out_hw * kernel * mid + out_hw * mid * out; };
  if (name == "conv2d stem") return count_regular({3, 3, 3, 56, 56, 32});
  if (name == "conv2d batch") return 2 * count_regular({3, 3, 16, 20, 21, 40});
  if (name == "conv_transpose2d wide map") return count_regular({2, 2, 24, 56, 57, 24});
  if (name == "conv_transpose2d batch") return 2 * count_regular({4, 4, 32, 14, 13, 40});
  if (name == "depthwise stride 2") return count_depthwise({3, 3, 144, 28, 28, 0});
  if (name == "depthwise residual") return 2 * count_depthwise({5, 5, 121, 28, 28, 0});
  if (name == "pointwise residual") return 2 * count_pointwise({1, 1, 96, 28, 27, 100});
  if (name == "separable stride 2") {
    return 2 * (count_depthwise({3, 3, 128, 14, 14, 0}) + count_pointwise({1, 1, 128, 14, 14, 121}));
  }
  if (name == "inverted residual wide map") return block(16, 96, 24, 9, 56 * 56, 28 * 28);
  if (name == "inverted residual batch") return 3 * block(21, 126, 21, 25, 14 * 14, 14 * 14);
  if (name == "separable squeezed") {
    return count_depthwise({5, 5, 96, 14, 14, 0}) + 2 * 96 * 24 + count_pointwise({1, 1, 96, 14, 14, 40});
  }
  if (name == "inverted residual squeezed batch") return 3 * (block(21, 126, 21, 9, 7 * 9, 7 * 9) + 2 * 126 * 30);
  if (name == "fully connected batch") return 30 * 200 * 121;
  return -1;
}

TEST(CostTest, OperatorsAndPlansUseTheFormulas) {
  int compared = 0;
  for (const Subject& subject : all_subjects(isas_under_test().front())) {
    const CurrentCase described(subject.name);
    const Result<std::int64_t> of_operator = subject.op.op_count(subject.input);
    const Result<Plan> plan = subject.op.plan(subject.input);
    ASSERT_TRUE(of_operator.ok()) << of_operator.status().message();
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(*of_operator, plan->op_count());
    const std::int64_t expected = expected_count(subject.name);
    if (expected < 0) continue;
    EXPECT_EQ(*of_operator, expected);
    ++compared;
  }
  EXPECT_EQ(compared, 13);
}

TEST(CostTest, CountsAreRefusedForAnInputThatIsRefused) {
  const std::vector<Subject> all = all_subjects(isas_under_test().front());
  EXPECT_FALSE(all.front().op.op_count({1, 0, 5, 3}).ok());
  EXPECT_FALSE(all.front().op.op_count({1, 5, 5, 4}).ok());
}

}  // namespace
}  // namespace tandem::test
