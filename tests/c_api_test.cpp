// The C interface: each function does what its C++ counterpart does, to the bit, and survives null.
#include "tandem/tandem.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>

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

using COperator = std::unique_ptr<tandem_operator, void (*)(tandem_operator*)>;
using CPlan = std::unique_ptr<tandem_plan, void (*)(tandem_plan*)>;

tandem_filter filter_of(const reference::Weights& w) { return {w.filter.data(), w.filter.size(), TANDEM_FILTER_OIHW}; }
tandem_bias c_bias_of(const reference::Weights& w) { return {w.bias.empty() ? nullptr : w.bias.data(), w.bias.size()}; }

void expect_same_report(const tandem_report& c, const PlanReport& cpp) {
  EXPECT_EQ(static_cast<int>(c.kind), static_cast<int>(cpp.kind));
  EXPECT_STREQ(c.isa, cpp.isa);
  EXPECT_EQ(c.vector_floats, cpp.vector_floats);
  EXPECT_EQ(c.tile_rows, cpp.tile_rows);
  EXPECT_EQ(c.tile_columns, cpp.tile_columns);
  EXPECT_STREQ(c.loops, cpp.loops);
  EXPECT_STREQ(c.epilogue, cpp.epilogue);
  EXPECT_EQ(static_cast<int>(c.partition), static_cast<int>(cpp.partition));
  EXPECT_EQ(c.workers, cpp.workers);
  EXPECT_EQ(c.row_block, cpp.row_block);
  EXPECT_EQ(c.channel_block, cpp.channel_block);
  EXPECT_EQ(c.strip_rows, cpp.strip_rows);
  EXPECT_EQ(c.ring_rows, cpp.ring_rows);
  EXPECT_EQ(c.balance, cpp.balance);
  EXPECT_EQ(c.multiply_adds, cpp.multiply_adds);
  EXPECT_EQ(c.recomputed_multiply_adds, cpp.recomputed_multiply_adds);
  EXPECT_EQ(c.l2_bytes, cpp.l2_bytes);
  EXPECT_EQ(c.l3_bytes, cpp.l3_bytes);
  EXPECT_EQ(c.memory_bytes, cpp.memory_bytes);
  EXPECT_EQ(c.workspace_bytes, cpp.workspace_bytes);
  EXPECT_EQ(c.unfused_workspace_bytes, cpp.unfused_workspace_bytes);
  EXPECT_EQ(c.predicted_seconds, cpp.predicted_seconds);
  EXPECT_EQ(c.fused_seconds, cpp.fused_seconds);
  EXPECT_EQ(c.unfused_seconds, cpp.unfused_seconds);
  EXPECT_STREQ(c.why_not_fused, cpp.why_not_fused);
  EXPECT_EQ(c.candidate, cpp.candidate);
  EXPECT_EQ(c.candidates, cpp.candidates);
}

class CApiTest : public testing::Test {
 protected:
  const std::string isa_ = isas_under_test().front();
  Random random_{1};

  /// The C operator must tell and yield what the C++ one does. Takes the C operator.
  void expect_same(tandem_operator* made, const Result<Operator>& cpp, const Shape& input,
                   bool residual = false) const {
    const COperator op(made, tandem_operator_destroy);
    ASSERT_NE(op, nullptr);
    ASSERT_TRUE(cpp.ok()) << cpp.status().message();
    EXPECT_STREQ(tandem_operator_name(op.get()), cpp->name());
    EXPECT_STREQ(tandem_operator_isa(op.get()), cpp->isa());
    EXPECT_EQ(tandem_operator_packed_bytes(op.get()), cpp->packed_bytes());
    const tandem_shape shape = {input.n, input.h, input.w, input.c};
    EXPECT_EQ(tandem_operator_op_count(op.get(), shape, nullptr), cpp->op_count(input).value());

    tandem_plan* plan_made = nullptr;
    tandem_status status = {};
    const tandem_plan_options options = {1, nullptr, 0, {}, 0, 0, 0, false};
    ASSERT_TRUE(tandem_plan_create(op.get(), shape, &options, &plan_made, &status)) << status.message;
    const CPlan plan(plan_made, tandem_plan_destroy);
    const Result<Plan> cpp_plan = cpp->plan(input, {1, Executor()});
    ASSERT_TRUE(cpp_plan.ok()) << cpp_plan.status().message();
    const tandem_shape out = tandem_plan_output_shape(plan.get());
    EXPECT_TRUE(Shape({out.n, out.h, out.w, out.c}) == cpp_plan->output_shape());
    const tandem_shape in = tandem_plan_input_shape(plan.get());
    EXPECT_TRUE(Shape({in.n, in.h, in.w, in.c}) == input);
    EXPECT_EQ(tandem_plan_workspace_bytes(plan.get()), cpp_plan->workspace_bytes());
    EXPECT_EQ(tandem_plan_threads(plan.get()), cpp_plan->threads());
    EXPECT_STREQ(tandem_plan_isa(plan.get()), cpp_plan->isa());
    EXPECT_EQ(tandem_plan_op_count(plan.get()), cpp_plan->op_count());
    EXPECT_STREQ(tandem_plan_explain(plan.get()), cpp_plan->explain());
    expect_same_report(tandem_plan_report(plan.get()), cpp_plan->report());

    const Subject subject = {"", *cpp, input, residual, false};
    const Tensors tensors(subject);
    const std::vector<float> expected = run_once(subject, tensors, {1, Executor()});
    std::vector<float> dst(expected.size());
    Workspace workspace(*cpp_plan);
    EXPECT_TRUE(tandem_plan_run(plan.get(), tensors.src.data(), dst.data(),
                                residual ? tensors.residual.data() : nullptr, workspace.data(),
                                cpp_plan->workspace_bytes(), &status))
        << status.message;
    EXPECT_EQ(status.code, TANDEM_OK);
    EXPECT_STREQ(status.message, "");
    EXPECT_EQ(first_difference(dst, expected), -1);
  }
};

TEST_F(CApiTest, Conv2d) {
  Conv2dParams p;
  p.in_channels = 3;
  p.out_channels = 9;
  p.kernel_h = 3;
  p.kernel_w = 3;
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  tandem_operator* op = nullptr;
  tandem_conv2d_params c = tandem_conv2d_params_init(3, 9, 3);
  ASSERT_TRUE(tandem_conv2d_create(&c, filter_of(w), c_bias_of(w), isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {2, 6, 7, 3});

  p.stride_h = c.stride_h = 2;
  p.stride_w = c.stride_w = 3;
  p.dilation_h = c.dilation_h = 2;
  p.dilation_w = c.dilation_w = 3;
  p.padding = Padding::explicit_sides(1, 2, 3, 4);
  c.padding = {TANDEM_PADDING_EXPLICIT, 1, 2, 3, 4};
  p.activation = Activation::clamp(-0.5F, 0.75F);
  c.activation = tandem_activation_clamp(-0.5F, 0.75F);
  p.residual = c.residual = true;
  ASSERT_TRUE(tandem_conv2d_create(&c, filter_of(w), c_bias_of(w), isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {1, 9, 11, 3}, true);
}

TEST_F(CApiTest, Depthwise) {
  DepthwiseParams p;
  p.channels = 10;
  p.padding = Padding::same_lower();
  p.stride_h = p.stride_w = 2;
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  tandem_depthwise_params c = tandem_depthwise_params_init(10);
  c.padding.mode = TANDEM_PADDING_SAME_LOWER;
  c.stride_h = c.stride_w = 2;
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_depthwise_create(&c, filter_of(w), c_bias_of(w), isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {1, 6, 6, 10});
}

TEST_F(CApiTest, PointwiseInEveryLayout) {
  const PointwiseParams p = {7, 11, Activation::relu(), true};
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  tandem_pointwise_params c = tandem_pointwise_params_init(7, 11);
  c.activation = tandem_activation_relu();
  c.residual = true;
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    const std::vector<float> values = to_layout(w.filter, filter_shape(p), layout);
    const tandem_filter filter = {values.data(), values.size(), static_cast<tandem_filter_layout>(layout)};
    tandem_operator* op = nullptr;
    ASSERT_TRUE(tandem_pointwise_create(&c, filter, c_bias_of(w), isa_.c_str(), &op, nullptr));
    expect_same(op, create(p, w, isa_), {1, 4, 5, 7}, true);
  }
}

TEST_F(CApiTest, SeparableAndInvertedResidual) {
  InvertedResidualParams p;
  p.expand = {5, 12, Activation::relu6(), false};
  p.depthwise.channels = 12;
  p.depthwise.padding = Padding::same();
  p.depthwise.activation = Activation::relu6();
  p.project = {12, 5, Activation::none(), false};
  p.residual = true;
  const reference::Weights expand = random_weights(filter_shape(p.expand), true, random_);
  const reference::Weights depthwise = random_weights(filter_shape(p.depthwise), true, random_);
  const reference::Weights project = random_weights(filter_shape(p.project), true, random_);

  tandem_inverted_residual_params c = {tandem_pointwise_params_init(5, 12), tandem_depthwise_params_init(12),
                                       tandem_pointwise_params_init(12, 5), true};
  c.expand.activation = c.depthwise.activation = tandem_activation_relu6();
  c.depthwise.padding.mode = TANDEM_PADDING_SAME_UPPER;
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_inverted_residual_create(&c, filter_of(expand), c_bias_of(expand), filter_of(depthwise),
                                              c_bias_of(depthwise), filter_of(project), c_bias_of(project),
                                              isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, expand, depthwise, project, isa_), {2, 5, 6, 5});

  const tandem_separable_params c_separable = {c.depthwise, c.project};
  const SeparableParams separable = {p.depthwise, p.project};
  ASSERT_TRUE(tandem_separable_create(&c_separable, filter_of(depthwise), c_bias_of(depthwise), filter_of(project),
                                      c_bias_of(project), isa_.c_str(), &op, nullptr));
  expect_same(op, create(separable, depthwise, project, isa_), {2, 5, 6, 12});
}

TEST_F(CApiTest, PoolAndFullyConnected) {
  tandem_operator* op = nullptr;
  const tandem_global_average_pool_params pool = tandem_global_average_pool_params_init(13);
  ASSERT_TRUE(tandem_global_average_pool_create(&pool, isa_.c_str(), &op, nullptr));
  expect_same(op, create(GlobalAveragePoolParams{13, {}}, isa_), {2, 3, 3, 13});

  const FullyConnectedParams p = {24, 10, Activation::none(), false};
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  const tandem_fully_connected_params c = tandem_fully_connected_params_init(24, 10);
  ASSERT_TRUE(tandem_fully_connected_create(&c, filter_of(w), c_bias_of(w), isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {2, 2, 3, 4});
}

TEST_F(CApiTest, SqueezeExcite) {
  SqueezeExciteParams p;
  p.channels = 21;
  p.reduced_channels = 5;
  const reference::Weights reduce = random_weights({5, 21, 1, 1}, true, random_);
  const reference::Weights expand = random_weights({21, 5, 1, 1}, false, random_);
  tandem_operator* op = nullptr;
  tandem_squeeze_excite_params c = tandem_squeeze_excite_params_init(21, 5);
  ASSERT_TRUE(tandem_squeeze_excite_create(&c, filter_of(reduce), c_bias_of(reduce), filter_of(expand),
                                           c_bias_of(expand), isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, reduce, expand, isa_), {2, 4, 3, 21});

  p.activation = Activation::silu();
  c.activation = tandem_activation_silu();
  p.gate = Activation::hard_sigmoid();
  c.gate = tandem_activation_hard_sigmoid(p.gate.alpha, p.gate.beta);
  ASSERT_TRUE(tandem_squeeze_excite_create(&c, filter_of(reduce), c_bias_of(reduce), filter_of(expand),
                                           c_bias_of(expand), isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, reduce, expand, isa_), {1, 4, 3, 21});
}

TEST_F(CApiTest, ConvertLayout) {
  for (const LayoutConversion conversion : {LayoutConversion::kNchwToNhwc, LayoutConversion::kNhwcToNchw}) {
    tandem_operator* op = nullptr;
    const tandem_convert_layout_params c = {13, static_cast<tandem_layout_conversion>(conversion)};
    ASSERT_TRUE(tandem_convert_layout_create(&c, isa_.c_str(), &op, nullptr));
    expect_same(op, create(ConvertLayoutParams{13, conversion}, isa_), {2, 3, 5, 13});
  }
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
    const tandem_plan_options options = {0, &pool, 0, {}, 0, 0, 0, false};
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
  options.machine = {machine.l1_bytes,      machine.l2_bytes,         machine.l3_bytes,
                     machine.multiply_adds, machine.l1_bandwidth,     machine.l2_bandwidth,
                     machine.l3_bandwidth,  machine.memory_bandwidth, machine.fork_seconds};
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
  expect_null("norm", tandem_fold_batch_norm(nullptr, 1, {}, {}, nullptr, nullptr, &status));
  tandem_operator_destroy(nullptr);
  tandem_plan_destroy(nullptr);
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
