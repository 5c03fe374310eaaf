// Softmax on every ISA against the reference.
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "operator_check.hpp"
#include "random.hpp"
#include "subjects.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class SoftmaxTest : public testing::TestWithParam<std::string> {
 protected:
  /// In every type of tensors.
  static void expect(const Shape& input, float beta = 1.0F) {
    AnyParams p = SoftmaxParams{static_cast<std::int32_t>(input.c), beta};
    for (const DataType type : {DataType::kF32, DataType::kBf16, DataType::kF16}) {
      set_types(p, type, std::vector<DataType>());
      expect_layer({p, input}, GetParam(), 1);
    }
  }

  /// Of a single pixel of fp32.
  static std::vector<float> run(const std::vector<float>& values) {
    const Shape shape = {1, 1, 1, static_cast<std::int64_t>(values.size())};
    const Operator op = create(SoftmaxParams{static_cast<std::int32_t>(values.size())}, GetParam()).value();
    return run_guarded(op.plan(shape).value(), values, {}, Placement::kEndsAtGuard, false);
  }
};

TEST_P(SoftmaxTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) expect({1, 2, 3, channels});
  for (const std::int64_t channels : {1, 2, 15, 16, 17, 63, 64, 65, 100, 128, 130}) expect({1, 1, 5, channels});
}

TEST_P(SoftmaxTest, ManyChannelsAndManyPixels) {
  expect({1, 1, 10, 6625});
  expect({1, 1, 4420, 2});
  expect({1, 40, 41, 21});
}

TEST_P(SoftmaxTest, Beta) {
  for (const float beta : {0.01F, 0.125F, 7.0F, 1000.0F}) expect({1, 2, 3, 50}, beta);
}

// Every exponent down to where an output rounds to zero, the denormals among them.
TEST_P(SoftmaxTest, WideRangesOfExponents) {
  std::vector<float> values;
  for (int i = 0; i < 1200; ++i) values.push_back(100.0F - 0.1F * static_cast<float>(i));
  const SoftmaxParams p = {static_cast<std::int32_t>(values.size())};
  const Shape shape = {1, 1, 1, p.channels};
  const std::vector<float> dst = run(values);
  ASSERT_EQ(dst.size(), values.size());
  expect_near(dst.data(), reference::softmax(p, reference::exact(shape, values)));
  EXPECT_GT(dst[1000], 0.0F);
  EXPECT_EQ(dst.back(), 0.0F);
}

TEST_P(SoftmaxTest, LargeValuesDoNotOverflow) {
  EXPECT_EQ(run({3e38F, -3e38F}), (std::vector<float>{1.0F, 0.0F}));
  EXPECT_EQ(run({-3e38F, -3e38F, -3e38F, -3e38F}), std::vector<float>(4, 0.25F));
}

TEST_P(SoftmaxTest, SpecialValues) {
  EXPECT_EQ(run({-kInf, 1.0F, -kInf, 1.0F}), (std::vector<float>{0.0F, 0.5F, 0.0F, 0.5F}));
  for (const std::int64_t channels : {3, 16, 70}) {
    std::vector<float> values(static_cast<std::size_t>(channels), 1.0F);
    for (const float odd : {kNan, kInf}) {
      for (const std::int64_t at : {std::int64_t{0}, channels / 2, channels - 1}) {
        values.assign(values.size(), 1.0F);
        values[static_cast<std::size_t>(at)] = odd;
        for (const float y : run(values)) EXPECT_TRUE(std::isnan(y)) << y;
      }
    }
    values.assign(values.size(), -kInf);
    for (const float y : run(values)) EXPECT_TRUE(std::isnan(y)) << y;
  }
}

// Pixels of few channels are computed together, a vector for each channel.
TEST_P(SoftmaxTest, PixelsTogetherHaveTheBitsOfPixelsAlone) {
  for (const std::int32_t channels : {1, 2, 3, 4, 5, 7, 8, 9}) {
    const CurrentCase described(text(channels, " channels"));
    const Shape shape = {1, 1, 37, channels};
    std::vector<float> values = Random(1).values(shape.elements());
    for (float& v : values) v *= 60.0F;  // the smallest exponentials vanish
    values[3] = kInf;
    values[20] = kNan;
    values[30] = -kInf;
    const Operator op = create(SoftmaxParams{channels}, GetParam()).value();
    const std::vector<float> together = run_guarded(op.plan(shape).value(), values, {}, Placement::kEndsAtGuard, false);
    for (auto at = values.begin(); at != values.end(); at += channels) {
      const std::vector<float> alone = run({at, at + channels});
      const auto first = together.begin() + (at - values.begin());
      for (int c = 0; c < channels; ++c) {
        const float one = alone[static_cast<std::size_t>(c)];
        EXPECT_TRUE(first[c] == one || (std::isnan(first[c]) && std::isnan(one))) << first[c] << ", alone " << one;
      }
    }
  }
}

TEST_P(SoftmaxTest, InPlaceOnAnyNumberOfThreads) {
  for (const Shape& input : {Shape{2, 9, 11, 50}, Shape{1, 1, 24, 6625}, Shape{1, 1, 1, 3}}) {
    const Operator op = create(SoftmaxParams{static_cast<std::int32_t>(input.c)}, GetParam()).value();
    const Subject subject = {"", op, input, false, false};
    const Tensors tensors(subject);
    const std::vector<float> expected = run_once(subject, tensors, {1, Executor::inline_only()});
    for (const std::int32_t threads : {1, 2, 8}) {
      std::vector<float> tensor = tensors.src;
      const Status status = op.plan(input, {threads, Executor()}).value().run(tensor.data(), tensor.data(), nullptr);
      ASSERT_TRUE(status.ok()) << status.message();
      EXPECT_EQ(first_difference(tensor, expected), -1);
    }
  }
}

TEST_P(SoftmaxTest, CountsElementsAndTellsItsKind) {
  const Operator op = create(SoftmaxParams{24}, GetParam()).value();
  EXPECT_STREQ(op.name(), "softmax");
  const Plan plan = op.plan({2, 5, 6, 24}).value();
  EXPECT_EQ(plan.op_count(), 2 * 5 * 6 * 24);
  EXPECT_EQ(plan.report().kind, PlanKind::kSoftmax);
  EXPECT_EQ(std::string(plan.explain()).rfind("softmax, ", 0), 0U) << plan.explain();
}

INSTANTIATE_TEST_SUITE_P(Isas, SoftmaxTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
