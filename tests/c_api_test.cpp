// The C interface beside its operators and the members of its structs: plans, sequences, types, errors, constants.
#include "tandem/tandem.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>

#include "c_api_fixture.hpp"
#include "creation.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "random.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "tandem/tandem.hpp"
#include "test_pools.hpp"
#include "weights.hpp"

namespace tandem::test {
namespace {

TEST_F(CApiTest, PlansOutliveTheirOperator) {
  const PointwiseParams p = {2, 3, Activation::none(), false};
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  const tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
  const tandem_weights weights = c_weights_of(w);
  tandem_operator* op = nullptr;
  tandem_plan* made = nullptr;
  ASSERT_TRUE(tandem_pointwise_create(&c, &weights, nullptr, &op, nullptr));
  ASSERT_TRUE(tandem_plan_create(op, {1, 1, 1, 2}, nullptr, &made, nullptr));
  const CPlan plan(made, tandem_plan_destroy);
  tandem_operator_destroy(op);
  const float src[2] = {1.0F, 0.0F};
  float dst[3] = {};
  const tandem_run_args args = tandem_run_args_init(src, dst);
  EXPECT_TRUE(tandem_plan_run(plan.get(), &args, nullptr));
  EXPECT_EQ(dst[1], w.filter[2]);
}

TEST_F(CApiTest, SequencesRunPlansAndOutliveThem) {
  const PointwiseParams p = {4, 4, Activation::none(), true};
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  const Result<Operator> cpp = create(p, w, select_isa().value());
  ASSERT_TRUE(cpp.ok()) << cpp.status().message();
  const Plan cpp_plan = cpp->plan({1, 5, 5, 4}).value();
  const std::vector<float> src = random_.values(100);
  std::vector<float> between(100), expected(100), c_between(100), dst(100);
  ASSERT_TRUE(cpp_plan.run({src.data(), between.data(), src.data()}).ok());
  ASSERT_TRUE(cpp_plan.run({between.data(), expected.data(), src.data()}).ok());

  tandem_pointwise_params c = tandem_pointwise_params_init(4, 4);
  c.residual = true;
  const tandem_weights weights = c_weights_of(w);
  tandem_operator* op = nullptr;
  tandem_plan* plan = nullptr;
  tandem_sequence* sequence = nullptr;
  tandem_status status = {};
  ASSERT_TRUE(tandem_pointwise_create(&c, &weights, nullptr, &op, nullptr));
  ASSERT_TRUE(tandem_plan_create(op, {1, 5, 5, 4}, nullptr, &plan, nullptr));
  const tandem_plan* const twice[2] = {plan, plan};
  ASSERT_TRUE(tandem_sequence_create(twice, 2, &sequence, &status)) << status.message;
  tandem_plan_destroy(plan);
  tandem_operator_destroy(op);
  EXPECT_EQ(tandem_sequence_size(sequence), 2U);
  EXPECT_EQ(tandem_sequence_workspace_bytes(sequence), 0U);
  tandem_run_args args[2] = {tandem_run_args_init(src.data(), c_between.data()),
                             tandem_run_args_init(c_between.data(), dst.data())};
  args[0].residual = src.data();
  EXPECT_FALSE(tandem_sequence_run(sequence, args, 2, &status));
  expect_refused("a residual left out", status_of(status), StatusCode::kInvalidArgument, {"plan 1: residual is null"});
  args[1].residual = src.data();
  EXPECT_TRUE(tandem_sequence_run(sequence, args, 2, &status)) << status.message;
  EXPECT_EQ(first_difference(dst, expected), -1);
  EXPECT_FALSE(tandem_sequence_run(sequence, args, 1, &status));
  tandem_sequence_destroy(sequence);
}

TEST_F(CApiTest, TypesAndStrides) {
  for (const DataType type : {DataType::kF32, DataType::kBf16, DataType::kF16, DataType::kU8, DataType::kS8,
                              DataType::kS32, static_cast<DataType>(6)}) {
    const auto c = static_cast<tandem_data_type>(type);
    EXPECT_STREQ(tandem_data_type_name(c), to_string(type));
    EXPECT_EQ(tandem_element_bytes(c), element_bytes(type));
    for (const std::int64_t channels : {0, 24, 256, 512, 1000, 1024}) {
      EXPECT_EQ(tandem_unaliased_stride(channels, c), unaliased_stride(channels, type));
    }
  }
  const float values[3] = {1.0F, -2.5F, 3.14159F};
  std::uint16_t c_half[3] = {};
  std::uint16_t half[3] = {};
  ASSERT_TRUE(tandem_convert(TANDEM_F32, values, TANDEM_F16, c_half, 3));
  ASSERT_TRUE(convert(DataType::kF32, values, DataType::kF16, half, 3));
  EXPECT_EQ(std::memcmp(c_half, half, sizeof half), 0);
  EXPECT_FALSE(tandem_convert(TANDEM_F32, values, TANDEM_S8, c_half, 3));
  EXPECT_FALSE(tandem_convert(TANDEM_F32, nullptr, TANDEM_F16, c_half, 3));
  EXPECT_FALSE(tandem_convert(TANDEM_F32, values, TANDEM_F16, nullptr, 3));
}

TEST_F(CApiTest, CostFormulas) {
  EXPECT_EQ(tandem_cost_regular(3, 5, 7, 11, 13, 17), cost::regular(3, 5, 7, 11, 13, 17));
  EXPECT_EQ(tandem_cost_depthwise(3, 5, 7, 11, 13), cost::depthwise(3, 5, 7, 11, 13));
  EXPECT_EQ(tandem_cost_pointwise(7, 11, 13, 17), cost::pointwise(7, 11, 13, 17));
  EXPECT_EQ(tandem_cost_separable(3, 5, 7, 11, 13, 17), cost::separable(3, 5, 7, 11, 13, 17));
  EXPECT_EQ(tandem_cost_separable_ratio(3, 5, 17), cost::separable_ratio(3, 5, 17));
}

TEST_F(CApiTest, ErrorsFillTheStatus) {
  const std::vector<float> values(6, 1.0F);
  tandem_weights weights = tandem_weights_init(values.data(), 5, nullptr, 0);
  const tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
  auto* op = reinterpret_cast<tandem_operator*>(&isas_under_test);  // must be set to null
  tandem_status status = {};
  EXPECT_FALSE(tandem_pointwise_create(&c, &weights, nullptr, &op, &status));
  EXPECT_EQ(op, nullptr);
  expect_refused("five values", status_of(status), StatusCode::kInvalidArgument, {"5", "6"});
  EXPECT_FALSE(tandem_pointwise_create(&c, &weights, nullptr, &op, nullptr));

  weights.filter_count = 6;
  EXPECT_FALSE(tandem_pointwise_create(&c, &weights, "bogus", &op, &status));
  EXPECT_EQ(status.code, TANDEM_UNKNOWN_ISA);

  ASSERT_TRUE(tandem_pointwise_create(&c, &weights, nullptr, &op, &status));
  EXPECT_EQ(status.code, TANDEM_OK);
  const COperator owner(op, tandem_operator_destroy);
  EXPECT_EQ(tandem_operator_op_count(op, {1, 1, 1, 9}, &status), -1);
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
  status = {};
  EXPECT_EQ(tandem_operator_output_shape(op, {1, 1, 1, 9}, &status).c, 0);
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
  tandem_plan* plan = nullptr;
  EXPECT_FALSE(tandem_plan_create(op, {1, 0, 1, 2}, nullptr, &plan, &status));
  EXPECT_EQ(plan, nullptr);
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);

  ASSERT_TRUE(tandem_plan_create(op, {1, 1, 1, 2}, nullptr, &plan, &status));
  const CPlan plan_owner(plan, tandem_plan_destroy);
  const tandem_run_args args = tandem_run_args_init(nullptr, nullptr);
  EXPECT_FALSE(tandem_plan_run(plan, &args, &status));
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
  EXPECT_FALSE(tandem_plan_run(plan, &args, nullptr));
}

TEST_F(CApiTest, IsasAndVersion) {
  EXPECT_STREQ(tandem_version(), version());
  EXPECT_STREQ(tandem_version(), (std::to_string(TANDEM_VERSION_MAJOR) + '.' + std::to_string(TANDEM_VERSION_MINOR) +
                                  '.' + std::to_string(TANDEM_VERSION_PATCH))
                                     .c_str());
  ASSERT_EQ(tandem_isa_count(), isas().size);
  for (std::size_t i = 0; i < isas().size; ++i) {
    EXPECT_STREQ(tandem_isa_name(i), isas().data[i].name);
    EXPECT_EQ(tandem_isa_available(i), isas().data[i].available);
    EXPECT_EQ(tandem_isa_vector_floats(i), isas().data[i].vector_floats);
  }
  EXPECT_EQ(tandem_isa_name(tandem_isa_count()), nullptr);
  EXPECT_FALSE(tandem_isa_available(tandem_isa_count()));
  EXPECT_EQ(tandem_isa_vector_floats(tandem_isa_count()), 0);

  tandem_status status = {};
  EXPECT_STREQ(tandem_select_isa("scalar", &status), "scalar");
  EXPECT_EQ(status.code, TANDEM_OK);
  EXPECT_STREQ(tandem_select_isa(nullptr, nullptr), select_isa().value());
  EXPECT_EQ(tandem_select_isa("bogus", &status), nullptr);
  EXPECT_EQ(status.code, TANDEM_UNKNOWN_ISA);
  EXPECT_NE(std::string(status.message).find("bogus"), std::string::npos);
}

TEST_F(CApiTest, ConstantsAreThoseOfTheCppHeaders) {
  static_assert(TANDEM_OK == static_cast<int>(StatusCode::kOk));
  static_assert(TANDEM_INVALID_ARGUMENT == static_cast<int>(StatusCode::kInvalidArgument));
  static_assert(TANDEM_OUT_OF_RANGE == static_cast<int>(StatusCode::kOutOfRange));
  static_assert(TANDEM_UNSUPPORTED == static_cast<int>(StatusCode::kUnsupported));
  static_assert(TANDEM_UNKNOWN_ISA == static_cast<int>(StatusCode::kUnknownIsa));
  static_assert(TANDEM_UNAVAILABLE_ISA == static_cast<int>(StatusCode::kUnavailableIsa));
  static_assert(TANDEM_OUT_OF_MEMORY == static_cast<int>(StatusCode::kOutOfMemory));
  for (int code = TANDEM_OK; code <= TANDEM_OUT_OF_MEMORY; ++code) {
    EXPECT_STREQ(tandem_status_code_name(static_cast<tandem_status_code>(code)),
                 to_string(static_cast<StatusCode>(code)));
  }
  static_assert(TANDEM_F32 == static_cast<int>(DataType::kF32));
  static_assert(TANDEM_BF16 == static_cast<int>(DataType::kBf16));
  static_assert(TANDEM_F16 == static_cast<int>(DataType::kF16));
  static_assert(TANDEM_U8 == static_cast<int>(DataType::kU8));
  static_assert(TANDEM_S8 == static_cast<int>(DataType::kS8));
  static_assert(TANDEM_S32 == static_cast<int>(DataType::kS32));
  static_assert(TANDEM_RESIDUAL_BEFORE_ACTIVATION == static_cast<int>(ResidualOrder::kBeforeActivation));
  static_assert(TANDEM_RESIDUAL_AFTER_ACTIVATION == static_cast<int>(ResidualOrder::kAfterActivation));
  static_assert(TANDEM_PARTITION_BOTH == static_cast<int>(Partition::kBoth));
  static_assert(TANDEM_PADDING_EXPLICIT == static_cast<int>(Padding::Mode::kExplicit));
  static_assert(TANDEM_PADDING_SAME_UPPER == static_cast<int>(Padding::Mode::kSameUpper));
  static_assert(TANDEM_PADDING_SAME_LOWER == static_cast<int>(Padding::Mode::kSameLower));
  static_assert(TANDEM_FILTER_OIHW == static_cast<int>(FilterLayout::kOihw));
  static_assert(TANDEM_FILTER_OHWI == static_cast<int>(FilterLayout::kOhwi));
  static_assert(TANDEM_FILTER_HWIO == static_cast<int>(FilterLayout::kHwio));
  static_assert(TANDEM_FILTER_1HWC == static_cast<int>(FilterLayout::k1hwc));
  static_assert(TANDEM_FILTER_IOHW == static_cast<int>(FilterLayout::kIohw));
  static_assert(TANDEM_NCHW_TO_NHWC == static_cast<int>(LayoutConversion::kNchwToNhwc));
  static_assert(TANDEM_NHWC_TO_NCHW == static_cast<int>(LayoutConversion::kNhwcToNchw));
  static_assert(TANDEM_PLAN_LAYOUT == static_cast<int>(PlanKind::kLayout));
  static_assert(TANDEM_PLAN_SQUEEZE_EXCITE == static_cast<int>(PlanKind::kSqueezeExcite));
  static_assert(TANDEM_PLAN_TRANSPOSED == static_cast<int>(PlanKind::kTransposed));
  static_assert(TANDEM_PLAN_RESIZE == static_cast<int>(PlanKind::kResize));
  static_assert(TANDEM_RESIZE_LINEAR == static_cast<int>(ResizeMode::kLinear));
  static_assert(TANDEM_COORDINATES_TF_HALF_PIXEL_FOR_NEAREST ==
                static_cast<int>(CoordinateMode::kTfHalfPixelForNearest));
  static_assert(TANDEM_CEIL == static_cast<int>(NearestRounding::kCeil));
  static_assert(TANDEM_ROUND_TFLITE_DOUBLE == static_cast<int>(Rounding::kTfliteDouble));
  static_assert(TANDEM_WORKSPACE_ALIGNMENT == Plan::kWorkspaceAlignment);
  static_assert(sizeof(tandem_status::message) == sizeof(Status) - sizeof(StatusCode));
}

TEST_F(CApiTest, FoldBatchNorm) {
  const std::vector<float> filter = {2.0F, 4.0F};
  const float bias[2] = {0.5F, 0.25F};
  const float gamma[2] = {1.5F, -2.0F};
  const float beta[2] = {-0.75F, 3.0F};
  const float mean[2] = {1.0F, -1.0F};
  const float variance[2] = {0.25F, 3.0F};
  tandem_batch_norm norm = tandem_batch_norm_init(mean, variance);
  EXPECT_EQ(static_cast<float>(norm.epsilon), BatchNorm().epsilon);
  norm.gamma = gamma;
  norm.beta = beta;
  norm.epsilon = 0.125;
  tandem_weights weights = tandem_weights_init(filter.data(), 2, bias, 2);
  float c_filter[2] = {};
  float c_bias[2] = {};
  ASSERT_TRUE(tandem_fold_batch_norm(&norm, 2, &weights, c_filter, c_bias, nullptr));
  float cpp_filter[2] = {};
  float cpp_bias[2] = {};
  Weights cpp_weights;
  cpp_weights.filter = filter;
  cpp_weights.bias = {bias, 2};
  ASSERT_TRUE(
      fold_batch_norm({{gamma, 2}, {beta, 2}, {mean, 2}, {variance, 2}, 0.125F}, 2, cpp_weights, cpp_filter, cpp_bias)
          .ok());
  EXPECT_EQ(std::memcmp(c_filter, cpp_filter, sizeof c_filter), 0);
  EXPECT_EQ(std::memcmp(c_bias, cpp_bias, sizeof c_bias), 0);
  tandem_status status = {};
  weights.filter_count = 1;
  EXPECT_FALSE(tandem_fold_batch_norm(&norm, 2, &weights, c_filter, c_bias, &status));
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
}

TEST_F(CApiTest, QuantizeWeights) {
  const float filter[4] = {2.0F, -4.0F, 0.25F, 0.125F};
  const float bias[2] = {0.5F, -0.25F};
  tandem_weights weights = tandem_weights_init(filter, 4, bias, 2);
  weights.layout = TANDEM_FILTER_HWIO;
  int8_t c_filter[4] = {};
  float c_scales[2] = {};
  int32_t c_bias[2] = {};
  ASSERT_TRUE(tandem_quantize_weights(&weights, 2, 0.125F, c_filter, c_scales, c_bias, nullptr));
  std::int8_t cpp_filter[4] = {};
  float cpp_scales[2] = {};
  std::int32_t cpp_bias[2] = {};
  const Weights cpp_weights({DataType::kF32, filter, 4}, FilterLayout::kHwio, {bias, 2});
  ASSERT_TRUE(quantize_weights(cpp_weights, 2, 0.125F, cpp_filter, cpp_scales, cpp_bias).ok());
  EXPECT_EQ(std::memcmp(c_filter, cpp_filter, sizeof c_filter), 0);
  EXPECT_EQ(std::memcmp(c_scales, cpp_scales, sizeof c_scales), 0);
  EXPECT_EQ(std::memcmp(c_bias, cpp_bias, sizeof c_bias), 0);
  tandem_status status = {};
  EXPECT_FALSE(tandem_quantize_weights(&weights, 3, 0.125F, c_filter, c_scales, c_bias, &status));
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tandem::test
