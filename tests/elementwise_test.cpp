// Element-wise operators and activations by themselves on every ISA against the reference.
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "operator_check.hpp"
#include "printers.hpp"
#include "subjects.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

constexpr ElementwiseOperation kOperations[] = {ElementwiseOperation::kAdd,          ElementwiseOperation::kSubtract,
                                                ElementwiseOperation::kSubtractFrom, ElementwiseOperation::kMultiply,
                                                ElementwiseOperation::kDivide,       ElementwiseOperation::kDivideInto,
                                                ElementwiseOperation::kMaximum,      ElementwiseOperation::kMinimum};

class ElementwiseTest : public testing::TestWithParam<std::string> {
 protected:
  static ElementwiseParams params(std::int64_t channels, ElementwiseOperation operation,
                                  const Broadcast& broadcast = {}) {
    ElementwiseParams p;
    p.channels = static_cast<std::int32_t>(channels);
    p.operation = operation;
    p.broadcast = broadcast;
    return p;
  }

  /// In every type of tensors.
  static void expect(AnyParams p, const Shape& input, std::uint64_t seed = 1) {
    for (const DataType type : {DataType::kF32, DataType::kBf16, DataType::kF16}) {
      set_types(p, type, std::vector<DataType>());
      expect_layer({p, input}, GetParam(), seed);
    }
  }
};

TEST_P(ElementwiseTest, EveryOperation) {
  for (const ElementwiseOperation operation : kOperations) {
    expect(params(21, operation), {2, 3, 5, 21});
    expect(params(21, operation, {true, true, true, false}), {2, 3, 5, 21});
    expect(params(21, operation, {false, false, false, true}), {2, 3, 5, 21});
    for (const std::vector<float>& constants : {std::vector<float>{0.75F}, slopes(21)}) {
      ElementwiseParams p = params(21, operation);
      p.constants = constants;
      expect(p, {2, 3, 5, 21});
    }
  }
}

TEST_P(ElementwiseTest, EveryBroadcast) {
  for (int i = 0; i < 16; ++i) {
    const Broadcast broadcast{(i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0};
    for (const Shape& input : {Shape{2, 3, 5, 7}, Shape{1, 4, 1, 40}, Shape{3, 1, 6, 1}, Shape{2, 20, 30, 24}}) {
      expect(params(input.c, ElementwiseOperation::kSubtract, broadcast), input);
    }
  }
}

TEST_P(ElementwiseTest, EveryActivation) {
  const std::vector<float> slope = slopes(21);
  const std::vector<float> constants = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    ElementwiseParams p = params(21, ElementwiseOperation::kMultiply);
    p.activation = activation;
    expect(p, {2, 3, 5, 21});
    p.constants = constants;
    expect(p, {2, 3, 5, 21});
    expect(ActivationParams{21, activation}, {2, 3, 5, 21});
  }
}

TEST_P(ElementwiseTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    const std::vector<float> slope = slopes(channels);
    const Shape shape = {1, 3, 4, channels};
    ElementwiseParams p = params(channels, ElementwiseOperation::kAdd);
    expect(p, shape);
    p.broadcast = {true, true, true, false};
    expect(p, shape);
    p.constants = slope;
    p.activation = Activation::prelu(slope);
    expect(p, shape);
    expect(ActivationParams{channels, Activation::hard_swish()}, shape);
  }
}

TEST_P(ElementwiseTest, LayersLargeEnoughToBeShared) {
  expect(params(40, ElementwiseOperation::kAdd), {1, 56, 56, 40});
  expect(params(3, ElementwiseOperation::kMultiply, {false, true, true, false}), {3, 80, 80, 3});
  expect(params(1030, ElementwiseOperation::kSubtractFrom, {true, true, false, false}), {2, 7, 9, 1030});
  expect(ActivationParams{72, Activation::silu()}, {1, 28, 28, 72});
  expect(ActivationParams{1, Activation::sigmoid()}, {1, 160, 160, 1});
}

TEST_P(ElementwiseTest, NanOfEitherOperandStays) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a(40, 1.0F);
  std::vector<float> src = a, residual = a;
  for (std::size_t i = 0; i < 40; i += 3) (i % 2 == 0 ? src : residual)[i] = nan;
  for (const ElementwiseOperation operation : kOperations) {
    const Plan plan = create(params(40, operation), GetParam()).value().plan({1, 1, 1, 40}).value();
    const std::vector<float> dst = run_guarded(plan, src, residual, Placement::kEndsAtGuard, false);
    ASSERT_EQ(dst.size(), 40U);
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(std::isnan(dst[i]), i % 3 == 0) << i;
  }
}

TEST_P(ElementwiseTest, InPlaceOnAnyNumberOfThreads) {
  for (const Shape& input : {Shape{2, 9, 11, 50}, Shape{1, 56, 56, 72}, Shape{1, 1, 1, 3}, Shape{1, 40, 50, 5}}) {
    ElementwiseParams scaled = params(input.c, ElementwiseOperation::kMultiply);
    const std::vector<float> constants = slopes(input.c);
    scaled.constants = constants;
    const AnyParams layers[] = {params(input.c, ElementwiseOperation::kSubtract), scaled,
                                params(input.c, ElementwiseOperation::kAdd, {true, true, true, false}),
                                ActivationParams{static_cast<std::int32_t>(input.c), Activation::tanh()}};
    for (const AnyParams& layer : layers) {
      Subject subject = {"", create(layer, {}, TypedIsa{GetParam()}).value(), input, takes_residual(layer), false};
      if (const auto* p = std::get_if<ElementwiseParams>(&layer)) subject.broadcast = p->broadcast;
      const Tensors tensors(subject);
      const std::vector<float> expected = run_once(subject, tensors, {1, Executor::inline_only()});
      for (const std::int32_t threads : {1, 2, 8}) {
        const CurrentCase described(text(layer, " on ", input, ", ", threads, " threads"));
        const Plan plan = subject.op.plan(input, {threads, Executor()}).value();
        std::vector<float> tensor = tensors.src;
        const float* const residual = tensors.residual.empty() ? nullptr : tensors.residual.data();
        const Status status = plan.run({tensor.data(), tensor.data(), residual});
        ASSERT_TRUE(status.ok()) << status.message();
        EXPECT_EQ(first_difference(tensor, expected), -1);
      }
    }
  }
}

// A residual that is broadcast has another shape than dst, so it cannot be dst.
TEST_P(ElementwiseTest, ABroadcastResidualThatIsDstIsRefused) {
  const Operator op = create(params(4, ElementwiseOperation::kAdd, {false, true, true, false}), GetParam()).value();
  const Plan plan = op.plan({1, 2, 2, 4}).value();
  const std::vector<float> src(16, 1.0F);
  std::vector<float> dst(16, 5.0F);
  const Status status = plan.run({src.data(), dst.data(), dst.data()});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(dst, std::vector<float>(16, 5.0F));
}

TEST_P(ElementwiseTest, CountsElementsAndTellsItsKind) {
  const Operator op = create(params(24, ElementwiseOperation::kAdd), GetParam()).value();
  EXPECT_STREQ(op.name(), "elementwise");
  const Plan plan = op.plan({2, 5, 6, 24}).value();
  EXPECT_EQ(plan.op_count(), 2 * 5 * 6 * 24);
  EXPECT_EQ(plan.report().kind, PlanKind::kElementwise);
  EXPECT_EQ(plan.report().tile_rows, 0);
  EXPECT_STREQ(plan.report().epilogue, "registers");
  EXPECT_EQ(std::string(plan.explain()).rfind("element-wise, ", 0), 0U) << plan.explain();
  EXPECT_STREQ(create(ActivationParams{24, Activation::tanh()}, GetParam()).value().name(), "activation");
}

INSTANTIATE_TEST_SUITE_P(Isas, ElementwiseTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
