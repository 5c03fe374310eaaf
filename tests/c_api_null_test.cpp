// Null, where the C interface takes a pointer: a sentence that names it, or a harmless value.
#include "c_api_fixture.hpp"

namespace tandem::test {
namespace {

class CApiNullTest : public CApiTest {
 protected:
  void expect_null(const std::string& what, bool done) {
    EXPECT_FALSE(done) << what;
    EXPECT_EQ(status_.code, TANDEM_INVALID_ARGUMENT) << what;
    EXPECT_EQ(status_.message, what + " is null");
    status_ = {};
  }
  // create(params, op) calls the function with nothing else that is right.
  template <class Params, class Create>
  void expect_create(const Params& params, const Create& create) {
    tandem_operator* op = nullptr;
    expect_null("op", create(&params, nullptr));
    expect_null("params", create(static_cast<const Params*>(nullptr), &op));
  }

  tandem_status status_ = {};
  const tandem_depthwise_params depthwise_ = tandem_depthwise_params_init(1);
  const tandem_pointwise_params pointwise_ = tandem_pointwise_params_init(1, 1);
};

TEST_F(CApiNullTest, Create) {
  expect_create(tandem_conv2d_params_init(1, 1, 3),
                [&](auto* p, tandem_operator** op) { return tandem_conv2d_create(p, nullptr, nullptr, op, &status_); });
  expect_create(tandem_conv_transpose2d_params_init(1, 1, 2, 2), [&](auto* p, tandem_operator** op) {
    return tandem_conv_transpose2d_create(p, nullptr, nullptr, op, &status_);
  });
  expect_create(depthwise_, [&](auto* p, tandem_operator** op) {
    return tandem_depthwise_create(p, nullptr, nullptr, op, &status_);
  });
  expect_create(pointwise_, [&](auto* p, tandem_operator** op) {
    return tandem_pointwise_create(p, nullptr, nullptr, op, &status_);
  });
  expect_create(tandem_separable_params_init(&depthwise_, &pointwise_), [&](auto* p, tandem_operator** op) {
    return tandem_separable_create(p, nullptr, nullptr, nullptr, op, &status_);
  });
  expect_create(tandem_inverted_residual_params_init(&pointwise_, &depthwise_, &pointwise_),
                [&](auto* p, tandem_operator** op) {
                  return tandem_inverted_residual_create(p, nullptr, nullptr, nullptr, nullptr, op, &status_);
                });
  expect_create(tandem_separable_params_init(&depthwise_, &pointwise_), [&](auto* p, tandem_operator** op) {
    return tandem_separable_squeeze_excite_create(p, nullptr, nullptr, nullptr, nullptr, nullptr, op, &status_);
  });
  expect_create(tandem_inverted_residual_params_init(&pointwise_, &depthwise_, &pointwise_),
                [&](auto* p, tandem_operator** op) {
                  return tandem_inverted_residual_squeeze_excite_create(p, nullptr, nullptr, nullptr, nullptr, nullptr,
                                                                        nullptr, op, &status_);
                });
  expect_create(tandem_global_average_pool_params_init(1), [&](auto* p, tandem_operator** op) {
    return tandem_global_average_pool_create(p, nullptr, op, &status_);
  });
  expect_create(tandem_fully_connected_params_init(1, 1), [&](auto* p, tandem_operator** op) {
    return tandem_fully_connected_create(p, nullptr, nullptr, op, &status_);
  });
  expect_create(tandem_squeeze_excite_params_init(1, 1), [&](auto* p, tandem_operator** op) {
    return tandem_squeeze_excite_create(p, nullptr, nullptr, nullptr, op, &status_);
  });
  expect_create(tandem_convert_layout_params_init(1, TANDEM_NCHW_TO_NHWC),
                [&](auto* p, tandem_operator** op) { return tandem_convert_layout_create(p, nullptr, op, &status_); });
  expect_create(tandem_max_pool_params_init(1, 2, 2),
                [&](auto* p, tandem_operator** op) { return tandem_max_pool_create(p, nullptr, op, &status_); });
  expect_create(tandem_average_pool_params_init(1, 2, 2),
                [&](auto* p, tandem_operator** op) { return tandem_average_pool_create(p, nullptr, op, &status_); });
  expect_create(tandem_resize_params_init(1, TANDEM_RESIZE_LINEAR, 2, 2),
                [&](auto* p, tandem_operator** op) { return tandem_resize_create(p, nullptr, op, &status_); });
  expect_create(tandem_elementwise_params_init(1, TANDEM_ADD),
                [&](auto* p, tandem_operator** op) { return tandem_elementwise_create(p, nullptr, op, &status_); });
  expect_create(tandem_activation_params_init(1, tandem_activation_tanh()),
                [&](auto* p, tandem_operator** op) { return tandem_activation_create(p, nullptr, op, &status_); });
  expect_create(tandem_softmax_params_init(1),
                [&](auto* p, tandem_operator** op) { return tandem_softmax_create(p, nullptr, op, &status_); });
  const tandem_tensor_type bytes = {TANDEM_U8, 0.5F, 3};
  expect_create(tandem_quantize_params_init(1, bytes),
                [&](auto* p, tandem_operator** op) { return tandem_quantize_create(p, nullptr, op, &status_); });
  expect_create(tandem_dequantize_params_init(1, bytes),
                [&](auto* p, tandem_operator** op) { return tandem_dequantize_create(p, nullptr, op, &status_); });
  expect_create(tandem_copy_params_init(1),
                [&](auto* p, tandem_operator** op) { return tandem_copy_create(p, nullptr, op, &status_); });
  expect_create(tandem_depth_to_space_params_init(4, 2, TANDEM_DEPTH_TO_SPACE_DCR),
                [&](auto* p, tandem_operator** op) { return tandem_depth_to_space_create(p, nullptr, op, &status_); });
}

TEST_F(CApiNullTest, StagesAndWeights) {
  tandem_operator* op = nullptr;
  const float one[9] = {};
  const tandem_weights weights = tandem_weights_init(one, 1, nullptr, 0);
  expect_null("weights", tandem_pointwise_create(&pointwise_, nullptr, nullptr, &op, &status_));
  tandem_separable_params separable = tandem_separable_params_init(&depthwise_, &pointwise_);
  expect_null("depthwise", tandem_separable_create(&separable, nullptr, &weights, nullptr, &op, &status_));
  expect_null("pointwise", tandem_separable_create(&separable, &weights, nullptr, nullptr, &op, &status_));
  separable.pointwise = nullptr;
  expect_null("params->pointwise", tandem_separable_create(&separable, &weights, &weights, nullptr, &op, &status_));
  separable.depthwise = nullptr;
  expect_null("params->depthwise", tandem_separable_create(&separable, &weights, &weights, nullptr, &op, &status_));

  const tandem_inverted_residual_params whole =
      tandem_inverted_residual_params_init(&pointwise_, &depthwise_, &pointwise_);
  const auto create = [&](const tandem_inverted_residual_params& params) {
    return tandem_inverted_residual_create(&params, &weights, &weights, &weights, nullptr, &op, &status_);
  };
  tandem_inverted_residual_params block = whole;
  block.expand = nullptr;
  expect_null("params->expand", create(block));
  block = whole;
  block.depthwise = nullptr;
  expect_null("params->depthwise", create(block));
  block = whole;
  block.project = nullptr;
  expect_null("params->project", create(block));
  expect_null("project", tandem_inverted_residual_create(&whole, &weights, &weights, nullptr, nullptr, &op, &status_));
  EXPECT_EQ(op, nullptr);
}

TEST_F(CApiNullTest, PlansAndSequences) {
  tandem_plan* plan = nullptr;
  tandem_report report = tandem_report_init();
  tandem_run_args args = tandem_run_args_init(nullptr, nullptr);
  expect_null("op", tandem_plan_create(nullptr, {1, 1, 1, 1}, nullptr, &plan, &status_));
  expect_null("plan", tandem_plan_create(nullptr, {1, 1, 1, 1}, nullptr, nullptr, &status_));
  expect_null("plan", tandem_plan_run(nullptr, &args, &status_));
  expect_null("plan", tandem_plan_report(nullptr, &report, &status_));

  const float one = 1.0F;
  const tandem_weights weights = tandem_weights_init(&one, 1, nullptr, 0);
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_pointwise_create(&pointwise_, &weights, nullptr, &op, nullptr));
  const COperator op_owner(op, tandem_operator_destroy);
  ASSERT_TRUE(tandem_plan_create(op, {1, 1, 1, 1}, nullptr, &plan, nullptr));
  const CPlan plan_owner(plan, tandem_plan_destroy);
  expect_null("args", tandem_plan_run(plan, nullptr, &status_));
  expect_null("report", tandem_plan_report(plan, nullptr, &status_));

  tandem_sequence* sequence = nullptr;
  const tandem_plan* const no_plan = nullptr;
  expect_null("sequence", tandem_sequence_create(&no_plan, 1, nullptr, &status_));
  expect_null("plans", tandem_sequence_create(nullptr, 1, &sequence, &status_));
  expect_null("plan 0", tandem_sequence_create(&no_plan, 1, &sequence, &status_));
  expect_null("sequence", tandem_sequence_run(nullptr, nullptr, 0, &status_));
  EXPECT_FALSE(tandem_sequence_create(nullptr, 0, &sequence, &status_));
  EXPECT_EQ(sequence, nullptr);
  ASSERT_TRUE(tandem_sequence_create(&plan, 1, &sequence, nullptr));
  expect_null("args", tandem_sequence_run(sequence, nullptr, 1, &status_));
  EXPECT_FALSE(tandem_sequence_run(sequence, nullptr, 0, &status_));
  tandem_sequence_destroy(sequence);
}

TEST_F(CApiNullTest, BatchNorm) {
  const float values[2] = {1.0F, 1.0F};
  float filter[1] = {};
  float bias[1] = {};
  const tandem_batch_norm norm = tandem_batch_norm_init(values, values);
  const tandem_weights weights = tandem_weights_init(values, 1, nullptr, 0);
  expect_null("norm", tandem_fold_batch_norm(nullptr, 1, &weights, filter, bias, &status_));
  expect_null("weights", tandem_fold_batch_norm(&norm, 1, nullptr, filter, bias, &status_));
  EXPECT_FALSE(tandem_fold_batch_norm(&norm, 1, &weights, nullptr, bias, &status_));
  EXPECT_FALSE(tandem_fold_batch_norm(&norm, 1, &weights, filter, nullptr, &status_));
}

TEST_F(CApiNullTest, QuantizeWeights) {
  const float values[1] = {1.0F};
  int8_t filter[1] = {};
  float scales[1] = {};
  int32_t bias[1] = {};
  const tandem_weights weights = tandem_weights_init(values, 1, nullptr, 0);
  expect_null("weights", tandem_quantize_weights(nullptr, 1, 1.0F, filter, scales, bias, &status_));
  EXPECT_FALSE(tandem_quantize_weights(&weights, 1, 1.0F, nullptr, scales, bias, &status_));
  EXPECT_FALSE(tandem_quantize_weights(&weights, 1, 1.0F, filter, nullptr, bias, &status_));
  EXPECT_FALSE(tandem_quantize_weights(&weights, 1, 1.0F, filter, scales, nullptr, &status_));
  EXPECT_TRUE(tandem_quantize_weights(&weights, 1, 1.0F, filter, scales, bias, nullptr));
}

TEST_F(CApiNullTest, HarmlessValues) {
  tandem_operator_destroy(nullptr);
  tandem_plan_destroy(nullptr);
  tandem_sequence_destroy(nullptr);
  EXPECT_STREQ(tandem_operator_name(nullptr), "");
  EXPECT_STREQ(tandem_operator_isa(nullptr), "");
  EXPECT_EQ(tandem_operator_packed_bytes(nullptr), 0U);
  EXPECT_EQ(tandem_operator_op_count(nullptr, {1, 1, 1, 1}, &status_), -1);
  expect_null("op", false);
  EXPECT_EQ(tandem_operator_output_shape(nullptr, {1, 1, 1, 1}, &status_).n, 0);
  expect_null("op", false);
  EXPECT_EQ(tandem_plan_input_shape(nullptr).n, 0);
  EXPECT_EQ(tandem_plan_output_shape(nullptr).n, 0);
  EXPECT_EQ(tandem_plan_workspace_bytes(nullptr), 0U);
  EXPECT_EQ(tandem_plan_threads(nullptr), 0);
  EXPECT_STREQ(tandem_plan_isa(nullptr), "");
  EXPECT_EQ(tandem_plan_op_count(nullptr), 0);
  EXPECT_STREQ(tandem_plan_explain(nullptr), "");
  EXPECT_EQ(tandem_sequence_size(nullptr), 0U);
  EXPECT_EQ(tandem_sequence_workspace_bytes(nullptr), 0U);
}

}  // namespace
}  // namespace tandem::test
