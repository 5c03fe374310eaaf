// The C interface held against the C++ one.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "creation.hpp"
#include "isas.hpp"
#include "random.hpp"
#include "subjects.hpp"
#include "tandem/tandem.h"
#include "tandem/tandem.hpp"
#include "weights.hpp"

namespace tandem::test {

using COperator = std::unique_ptr<tandem_operator, void (*)(tandem_operator*)>;
using CPlan = std::unique_ptr<tandem_plan, void (*)(tandem_plan*)>;

inline tandem_weights c_weights_of(const reference::Weights& w) {
  return tandem_weights_init(w.filter.data(), w.filter.size(), w.bias.empty() ? nullptr : w.bias.data(), w.bias.size());
}

inline Status status_of(const tandem_status& status) { return {static_cast<StatusCode>(status.code), status.message}; }

inline void expect_same_report(const tandem_plan* plan, const PlanReport& cpp) {
  tandem_report c = tandem_report_init();
  ASSERT_TRUE(tandem_plan_report(plan, &c, nullptr));
  EXPECT_EQ(static_cast<int>(c.kind), static_cast<int>(cpp.kind));
  EXPECT_STREQ(c.isa, cpp.isa);
  EXPECT_EQ(c.vector_floats, cpp.vector_floats);
  EXPECT_STREQ(c.machine, cpp.machine);
  EXPECT_EQ(c.tile_rows, cpp.tile_rows);
  EXPECT_EQ(c.tile_columns, cpp.tile_columns);
  EXPECT_STREQ(c.kernel, cpp.kernel);
  EXPECT_STREQ(c.walk, cpp.walk);
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
  EXPECT_STREQ(c.tensor_type, cpp.tensor_type);
  EXPECT_STREQ(c.weight_type, cpp.weight_type);
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
    const tandem_shape foretold = tandem_operator_output_shape(op.get(), shape, nullptr);
    EXPECT_TRUE(Shape({foretold.n, foretold.h, foretold.w, foretold.c}) == cpp->output_shape(input).value());

    tandem_plan* plan_made = nullptr;
    tandem_status status = {};
    tandem_plan_options options = tandem_plan_options_init();
    options.threads = 1;
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
    expect_same_report(plan.get(), cpp_plan->report());

    const Subject subject = {"", *cpp, input, residual, false};
    const Tensors tensors(subject);
    const std::vector<float> expected = run_once(subject, tensors, {1, Executor()});
    std::vector<float> dst(expected.size());
    Workspace workspace(*cpp_plan);
    tandem_run_args args = tandem_run_args_init(tensors.src.data(), dst.data());
    args.residual = residual ? tensors.residual.data() : nullptr;
    args.workspace = workspace.data();
    args.workspace_bytes = cpp_plan->workspace_bytes();
    EXPECT_TRUE(tandem_plan_run(plan.get(), &args, &status)) << status.message;
    EXPECT_EQ(status.code, TANDEM_OK);
    EXPECT_STREQ(status.message, "");
    EXPECT_EQ(first_difference(dst, expected), -1);
  }
};

}  // namespace tandem::test
