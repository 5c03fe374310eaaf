// The C interface beside its operators: plans, pools, errors, null, constants.
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
#include "machines.hpp"
#include "random.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "tandem/tandem.hpp"
#include "test_pools.hpp"
#include "weights.hpp"

namespace tandem::test {
namespace {

tandem_machine_model c_machine(const MachineModel& m) {
  return {m.l1_bytes,     m.l2_bytes,     m.l3_bytes,         m.multiply_adds, m.l1_bandwidth,
          m.l2_bandwidth, m.l3_bandwidth, m.memory_bandwidth, m.fork_seconds};
}

TEST_F(CApiTest, PlansOutliveTheirOperator) {
  const PointwiseParams p = {2, 3, Activation::none(), false};
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  const tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
  tandem_operator* op = nullptr;
  tandem_plan* made = nullptr;
  ASSERT_TRUE(tandem_pointwise_create(&c, filter_of(w), c_bias_of(w), nullptr, &op, nullptr));
  ASSERT_TRUE(tandem_plan_create(op, {1, 1, 1, 2}, nullptr, &made, nullptr));
  const CPlan plan(made, tandem_plan_destroy);
  tandem_operator_destroy(op);
  const float src[2] = {1.0F, 0.0F};
  float dst[3] = {};
  EXPECT_TRUE(tandem_plan_run(plan.get(), src, dst, nullptr, nullptr, 0, nullptr));
  EXPECT_EQ(dst[1], w.filter[2]);
}

TEST_F(CApiTest, APoolIsUsedAndCopied) {
  struct Counting {
    static std::int32_t concurrency(void*) { return 3; }
    static void parallel(void* self, std::int32_t count, tandem_worker_function worker, void* context) {
      *static_cast<int*>(self) += count;
      for (std::int32_t i = 0; i < count; ++i) worker(context, i);
    }
  };
  int workers = 0;
  const PointwiseParams p = {128, 128, Activation::none(), false};
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  const tandem_pointwise_params c = tandem_pointwise_params_init(128, 128);
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_pointwise_create(&c, filter_of(w), c_bias_of(w), nullptr, &op, nullptr));
  const COperator owner(op, tandem_operator_destroy);
  tandem_plan* made = nullptr;
  {
    tandem_thread_pool pool = {&workers, Counting::concurrency, Counting::parallel};
    const tandem_plan_options options = {0, &pool, 0, c_machine(sharing()), 0, 0, 0, false};
    ASSERT_TRUE(tandem_plan_create(op, {1, 56, 56, 128}, &options, &made, nullptr));
    pool = {};  // the plan has its own copy
  }
  const CPlan plan(made, tandem_plan_destroy);
  EXPECT_EQ(tandem_plan_threads(made), 3);
  const std::vector<float> src = random_.values(56 * 56 * 128);
  std::vector<float> dst(src.size());
  EXPECT_EQ(tandem_plan_workspace_bytes(made), 0U);
  EXPECT_TRUE(tandem_plan_run(made, src.data(), dst.data(), nullptr, nullptr, 0, nullptr));
  EXPECT_GE(workers, 2);
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
  tandem_operator* op = nullptr;
  tandem_plan* plan = nullptr;
  tandem_sequence* sequence = nullptr;
  tandem_status status = {};
  ASSERT_TRUE(tandem_pointwise_create(&c, filter_of(w), c_bias_of(w), nullptr, &op, nullptr));
  ASSERT_TRUE(tandem_plan_create(op, {1, 5, 5, 4}, nullptr, &plan, nullptr));
  const tandem_plan* const twice[2] = {plan, plan};
  ASSERT_TRUE(tandem_sequence_create(twice, 2, &sequence, &status)) << status.message;
  tandem_plan_destroy(plan);
  tandem_operator_destroy(op);
  EXPECT_EQ(tandem_sequence_size(sequence), 2U);
  EXPECT_EQ(tandem_sequence_workspace_bytes(sequence), 0U);
  tandem_run_args args[2] = {{src.data(), c_between.data(), src.data(), nullptr, 0},
                             {c_between.data(), dst.data(), nullptr, nullptr, 0}};
  EXPECT_FALSE(tandem_sequence_run(sequence, args, 2, &status));
  expect_refused("a residual left out", Status(static_cast<StatusCode>(status.code), status.message),
                 StatusCode::kInvalidArgument, {"plan 1: residual is null"});
  args[1].residual = src.data();
  EXPECT_TRUE(tandem_sequence_run(sequence, args, 2, &status)) << status.message;
  EXPECT_EQ(first_difference(dst, expected), -1);
  tandem_sequence_destroy(sequence);
}

TEST_F(CApiTest, UnaliasedStrides) {
  for (const std::int64_t channels : {0, 24, 256, 1000, 1024}) {
    EXPECT_EQ(tandem_unaliased_stride(channels), unaliased_stride(channels));
  }
}

TEST_F(CApiTest, CandidatesAndMachinesGetThrough) {
  const PointwiseParams p = {128, 128, Activation::none(), false};
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  const tandem_pointwise_params c = tandem_pointwise_params_init(128, 128);
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_pointwise_create(&c, filter_of(w), c_bias_of(w), nullptr, &op, nullptr));
  const COperator owner(op, tandem_operator_destroy);
  const Result<Operator> cpp = create(p, w, tandem_operator_isa(op));
  ASSERT_TRUE(cpp.ok()) << cpp.status().message();

  const MachineModel machine = {16 << 10, 128 << 10, 1 << 20, 1e9, 2e10, 1e10, 5e9, 1e9, 1e-5};
  tandem_plan_options options = {};
  options.threads = 1;
  options.candidate = 2;
  options.machine = c_machine(machine);
  tandem_plan* made = nullptr;
  ASSERT_TRUE(tandem_plan_create(op, {1, 56, 56, 128}, &options, &made, nullptr));
  const CPlan plan(made, tandem_plan_destroy);
  const Result<Plan> cpp_plan = cpp->plan({1, 56, 56, 128}, {1, Executor(), 2, machine, {}, false});
  ASSERT_TRUE(cpp_plan.ok()) << cpp_plan.status().message();
  expect_same_report(tandem_plan_report(made), cpp_plan->report());
  EXPECT_EQ(tandem_plan_report(made).candidate, 2);

  options.candidate = 1000;
  tandem_status status = {};
  EXPECT_FALSE(tandem_plan_create(op, {1, 56, 56, 128}, &options, &made, &status));
  EXPECT_NE(std::string(status.message).find("1000"), std::string::npos) << status.message;
}

TEST_F(CApiTest, ErrorsFillTheStatus) {
  const std::vector<float> values(6, 1.0F);
  const tandem_filter filter = {values.data(), 5, TANDEM_FILTER_OIHW};
  const tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
  auto* op = reinterpret_cast<tandem_operator*>(&isas_under_test);  // must be set to null
  tandem_status status = {};
  EXPECT_FALSE(tandem_pointwise_create(&c, filter, {nullptr, 0}, nullptr, &op, &status));
  EXPECT_EQ(op, nullptr);
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
  EXPECT_NE(std::string(status.message).find('5'), std::string::npos) << status.message;
  EXPECT_NE(std::string(status.message).find('6'), std::string::npos) << status.message;
  EXPECT_FALSE(tandem_pointwise_create(&c, filter, {nullptr, 0}, nullptr, &op, nullptr));

  EXPECT_FALSE(
      tandem_pointwise_create(&c, {values.data(), 6, TANDEM_FILTER_OIHW}, {nullptr, 0}, "bogus", &op, &status));
  EXPECT_EQ(status.code, TANDEM_UNKNOWN_ISA);

  ASSERT_TRUE(tandem_pointwise_create(&c, {values.data(), 6, TANDEM_FILTER_OIHW}, {nullptr, 0}, nullptr, &op, &status));
  EXPECT_EQ(status.code, TANDEM_OK);
  const COperator owner(op, tandem_operator_destroy);
  EXPECT_EQ(tandem_operator_op_count(op, {1, 1, 1, 9}, &status), -1);
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
  tandem_plan* plan = nullptr;
  EXPECT_FALSE(tandem_plan_create(op, {1, 0, 1, 2}, nullptr, &plan, &status));
  EXPECT_EQ(plan, nullptr);
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);

  ASSERT_TRUE(tandem_plan_create(op, {1, 1, 1, 2}, nullptr, &plan, &status));
  const CPlan plan_owner(plan, tandem_plan_destroy);
  EXPECT_FALSE(tandem_plan_run(plan, nullptr, nullptr, nullptr, nullptr, 0, &status));
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
  EXPECT_FALSE(tandem_plan_run(plan, nullptr, nullptr, nullptr, nullptr, 0, nullptr));
}

TEST_F(CApiTest, NullWhereAPointerMustBe) {
  tandem_status status = {};
  const auto expect_null = [&](const std::string& what, bool done) {
    EXPECT_FALSE(done) << what;
    EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT) << what;
    EXPECT_EQ(status.message, what + " is null");
    status = {};
  };
  // create(params, op) calls the function with nothing else that is right.
  const auto expect_create = [&](const auto& params, const auto& create) {
    tandem_operator* op = nullptr;
    expect_null("op", create(&params, nullptr));
    expect_null("params", create(static_cast<decltype(&params)>(nullptr), &op));
  };
  expect_create(tandem_conv2d_params_init(1, 1, 3),
                [&](auto* p, tandem_operator** op) { return tandem_conv2d_create(p, {}, {}, nullptr, op, &status); });
  expect_create(tandem_depthwise_params_init(1), [&](auto* p, tandem_operator** op) {
    return tandem_depthwise_create(p, {}, {}, nullptr, op, &status);
  });
  expect_create(tandem_pointwise_params_init(1, 1), [&](auto* p, tandem_operator** op) {
    return tandem_pointwise_create(p, {}, {}, nullptr, op, &status);
  });
  expect_create(tandem_separable_params{}, [&](auto* p, tandem_operator** op) {
    return tandem_separable_create(p, {}, {}, {}, {}, nullptr, op, &status);
  });
  expect_create(tandem_inverted_residual_params{}, [&](auto* p, tandem_operator** op) {
    return tandem_inverted_residual_create(p, {}, {}, {}, {}, {}, {}, nullptr, op, &status);
  });
  expect_create(tandem_global_average_pool_params_init(1), [&](auto* p, tandem_operator** op) {
    return tandem_global_average_pool_create(p, nullptr, op, &status);
  });
  expect_create(tandem_fully_connected_params_init(1, 1), [&](auto* p, tandem_operator** op) {
    return tandem_fully_connected_create(p, {}, {}, nullptr, op, &status);
  });
  expect_create(tandem_squeeze_excite_params_init(1, 1), [&](auto* p, tandem_operator** op) {
    return tandem_squeeze_excite_create(p, {}, {}, {}, {}, nullptr, op, &status);
  });
  expect_create(tandem_convert_layout_params{},
                [&](auto* p, tandem_operator** op) { return tandem_convert_layout_create(p, nullptr, op, &status); });

  tandem_plan* plan = nullptr;
  expect_null("op", tandem_plan_create(nullptr, {1, 1, 1, 1}, nullptr, &plan, &status));
  expect_null("plan", tandem_plan_create(nullptr, {1, 1, 1, 1}, nullptr, nullptr, &status));
  expect_null("plan", tandem_plan_run(nullptr, nullptr, nullptr, nullptr, nullptr, 0, &status));
  tandem_sequence* sequence = nullptr;
  const tandem_plan* const no_plan = nullptr;
  expect_null("sequence", tandem_sequence_create(&no_plan, 1, nullptr, &status));
  expect_null("plans", tandem_sequence_create(nullptr, 1, &sequence, &status));
  expect_null("plan 0", tandem_sequence_create(&no_plan, 1, &sequence, &status));
  expect_null("sequence", tandem_sequence_run(nullptr, nullptr, 0, &status));
  EXPECT_FALSE(tandem_sequence_create(nullptr, 0, &sequence, &status));
  EXPECT_EQ(sequence, nullptr);
  expect_null("norm", tandem_fold_batch_norm(nullptr, 1, {}, {}, nullptr, nullptr, &status));
  tandem_operator_destroy(nullptr);
  tandem_plan_destroy(nullptr);
  tandem_sequence_destroy(nullptr);
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
  }
  EXPECT_EQ(tandem_isa_name(tandem_isa_count()), nullptr);
  EXPECT_FALSE(tandem_isa_available(tandem_isa_count()));

  tandem_status status = {};
  EXPECT_STREQ(tandem_select_isa("scalar", &status), "scalar");
  EXPECT_EQ(status.code, TANDEM_OK);
  EXPECT_STREQ(tandem_select_isa(nullptr, nullptr), select_isa().value());
  EXPECT_EQ(tandem_select_isa("bogus", &status), nullptr);
  EXPECT_EQ(status.code, TANDEM_UNKNOWN_ISA);
  EXPECT_NE(std::string(status.message).find("bogus"), std::string::npos);
}

TEST_F(CApiTest, Activations) {
  const auto expect = [](const tandem_activation& c, const Activation& cpp) {
    EXPECT_EQ(c.lo, cpp.lo);
    EXPECT_EQ(c.hi, cpp.hi);
  };
  expect(tandem_activation_none(), Activation::none());
  expect(tandem_activation_relu(), Activation::relu());
  expect(tandem_activation_relu6(), Activation::relu6());
  expect(tandem_activation_clamp(-2.0F, 3.0F), Activation::clamp(-2.0F, 3.0F));
}

TEST_F(CApiTest, ConstantsAreThoseOfTheCppHeaders) {
  static_assert(TANDEM_OK == static_cast<int>(StatusCode::kOk));
  static_assert(TANDEM_INVALID_ARGUMENT == static_cast<int>(StatusCode::kInvalidArgument));
  static_assert(TANDEM_OUT_OF_RANGE == static_cast<int>(StatusCode::kOutOfRange));
  static_assert(TANDEM_UNSUPPORTED == static_cast<int>(StatusCode::kUnsupported));
  static_assert(TANDEM_UNKNOWN_ISA == static_cast<int>(StatusCode::kUnknownIsa));
  static_assert(TANDEM_UNAVAILABLE_ISA == static_cast<int>(StatusCode::kUnavailableIsa));
  static_assert(TANDEM_OUT_OF_MEMORY == static_cast<int>(StatusCode::kOutOfMemory));
  static_assert(TANDEM_PADDING_EXPLICIT == static_cast<int>(Padding::Mode::kExplicit));
  static_assert(TANDEM_PADDING_SAME_UPPER == static_cast<int>(Padding::Mode::kSameUpper));
  static_assert(TANDEM_PADDING_SAME_LOWER == static_cast<int>(Padding::Mode::kSameLower));
  static_assert(TANDEM_FILTER_OIHW == static_cast<int>(FilterLayout::kOihw));
  static_assert(TANDEM_FILTER_OHWI == static_cast<int>(FilterLayout::kOhwi));
  static_assert(TANDEM_FILTER_HWIO == static_cast<int>(FilterLayout::kHwio));
  static_assert(TANDEM_FILTER_1HWC == static_cast<int>(FilterLayout::k1hwc));
  static_assert(TANDEM_NCHW_TO_NHWC == static_cast<int>(LayoutConversion::kNchwToNhwc));
  static_assert(TANDEM_NHWC_TO_NCHW == static_cast<int>(LayoutConversion::kNhwcToNchw));
  static_assert(TANDEM_PLAN_LAYOUT == static_cast<int>(PlanKind::kLayout));
  static_assert(TANDEM_PLAN_SQUEEZE_EXCITE == static_cast<int>(PlanKind::kSqueezeExcite));
  static_assert(TANDEM_WORKSPACE_ALIGNMENT == Plan::kWorkspaceAlignment);
  static_assert(sizeof(tandem_status::message) == sizeof(Status) - sizeof(StatusCode));
}

TEST_F(CApiTest, FoldBatchNorm) {
  const std::vector<float> filter = {2.0F, 4.0F};
  const float mean[2] = {1.0F, -1.0F};
  const float variance[2] = {0.0F, 3.0F};
  const tandem_batch_norm norm = {nullptr, nullptr, mean, variance, 1.0F};
  float folded_filter[2] = {};
  float folded_bias[2] = {};
  ASSERT_TRUE(tandem_fold_batch_norm(&norm, 2, {filter.data(), 2, TANDEM_FILTER_OIHW}, {nullptr, 0}, folded_filter,
                                     folded_bias, nullptr));
  EXPECT_EQ(folded_filter[1], 2.0F);
  EXPECT_EQ(folded_bias[1], 0.5F);
  tandem_status status = {};
  EXPECT_FALSE(tandem_fold_batch_norm(&norm, 2, {filter.data(), 1, TANDEM_FILTER_OIHW}, {nullptr, 0}, folded_filter,
                                      folded_bias, &status));
  EXPECT_EQ(status.code, TANDEM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tandem::test
