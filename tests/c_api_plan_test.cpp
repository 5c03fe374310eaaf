// Plan options, machine model, pools and arguments of the C interface: every member gets through.
#include <cmath>
#include <cstring>
#include <limits>

#include "c_api_fixture.hpp"
#include "machines.hpp"
#include "refusal.hpp"

namespace tandem::test {
namespace {

tandem_machine_model c_machine(const MachineModel& m) {
  tandem_machine_model c = tandem_machine_model_init();
  c.l1_bytes = m.l1_bytes;
  c.l2_bytes = m.l2_bytes;
  c.l3_bytes = m.l3_bytes;
  c.multiply_adds = m.multiply_adds;
  c.l1_bandwidth = m.l1_bandwidth;
  c.l2_bandwidth = m.l2_bandwidth;
  c.l3_bandwidth = m.l3_bandwidth;
  c.memory_bandwidth = m.memory_bandwidth;
  c.fork_seconds = m.fork_seconds;
  c.row = m.row;
  return c;
}

// A depthwise layer with a residual that is worth sharing, in C and in C++.
class CApiPlanTest : public CApiTest {
 protected:
  static constexpr Shape kInput = {1, 56, 56, 128};
  static constexpr tandem_shape kCInput = {1, 56, 56, 128};

  void SetUp() override {
    DepthwiseParams p;
    p.channels = 128;
    p.padding = Padding::same();
    p.residual = true;
    const reference::Weights w = random_weights(filter_shape(p), true, random_);
    const Result<Operator> cpp = create(p, w, isa_);
    ASSERT_TRUE(cpp.ok()) << cpp.status().message();
    cpp_ = std::make_unique<Operator>(*cpp);
    tandem_depthwise_params c = tandem_depthwise_params_init(128);
    c.padding = tandem_padding_same();
    c.residual = true;
    const tandem_weights weights = c_weights_of(w);
    tandem_operator* op = nullptr;
    ASSERT_TRUE(tandem_depthwise_create(&c, &weights, isa_.c_str(), &op, nullptr));
    c_.reset(op);
  }

  CPlan plan(const tandem_plan_options& options) const {
    tandem_plan* made = nullptr;
    tandem_status status = {};
    EXPECT_TRUE(tandem_plan_create(c_.get(), kCInput, &options, &made, &status)) << status.message;
    return {made, tandem_plan_destroy};
  }

  void expect_planned_alike(const tandem_plan_options& options, const PlanOptions& cpp) const {
    const CPlan c_plan = plan(options);
    ASSERT_NE(c_plan, nullptr);
    const Result<Plan> cpp_plan = cpp_->plan(kInput, cpp);
    ASSERT_TRUE(cpp_plan.ok()) << cpp_plan.status().message();
    EXPECT_STREQ(tandem_plan_explain(c_plan.get()), cpp_plan->explain());
    expect_same_report(c_plan.get(), cpp_plan->report());
  }

  void expect_refused_alike(const char* member, const tandem_plan_options& options, const PlanOptions& cpp) const {
    tandem_plan* made = nullptr;
    tandem_status status = {};
    EXPECT_FALSE(tandem_plan_create(c_.get(), kCInput, &options, &made, &status)) << member;
    EXPECT_EQ(made, nullptr) << member;
    const Result<Plan> cpp_plan = cpp_->plan(kInput, cpp);
    ASSERT_FALSE(cpp_plan.ok()) << member;
    EXPECT_STREQ(status.message, cpp_plan.status().message()) << member;
  }

  std::unique_ptr<Operator> cpp_;
  COperator c_{nullptr, tandem_operator_destroy};
};

TEST_F(CApiPlanTest, OptionsGetThrough) {
  tandem_plan_options c = tandem_plan_options_init();
  PlanOptions cpp;
  c.threads = cpp.threads = 2;
  c.candidate = cpp.candidate = 2;
  expect_planned_alike(c, cpp);

  const auto refused = [&](const char* member, const auto& change_c, const auto& change_cpp) {
    tandem_plan_options bad_c = tandem_plan_options_init();
    PlanOptions bad_cpp;
    change_c(bad_c);
    change_cpp(bad_cpp);
    expect_refused_alike(member, bad_c, bad_cpp);
  };
  refused("threads", [](auto& o) { o.threads = -3; }, [](auto& o) { o.threads = -3; });
  refused("candidate", [](auto& o) { o.candidate = 1000; }, [](auto& o) { o.candidate = 1000; });
  refused("src_stride", [](auto& o) { o.src_stride = 1; }, [](auto& o) { o.strides.src = 1; });
  refused("dst_stride", [](auto& o) { o.dst_stride = 2; }, [](auto& o) { o.strides.dst = 2; });
  refused("residual_stride", [](auto& o) { o.residual_stride = 3; }, [](auto& o) { o.strides.residual = 3; });
}

TEST_F(CApiPlanTest, MachinesGetThrough) {
  const MachineModel machine = {16 << 10, 128 << 10, 1 << 20, 1e9, 2e10, 1e10, 5e9, 1e9, 1e-5, "generic"};
  const tandem_machine_model c = c_machine(machine);
  tandem_plan_options options = tandem_plan_options_init();
  options.machine = &c;
  PlanOptions cpp;
  cpp.machine = machine;
  expect_planned_alike(options, cpp);

  // The same member, wrong in both.
  const auto refused = [&](const char* member, auto tandem_machine_model::* c_member, auto MachineModel::* cpp_member) {
    tandem_machine_model bad_c = c;
    MachineModel bad_cpp = machine;
    bad_c.*c_member = -7;
    bad_cpp.*cpp_member = -7;
    options.machine = &bad_c;
    cpp.machine = bad_cpp;
    expect_refused_alike(member, options, cpp);
  };
  refused("l1_bytes", &tandem_machine_model::l1_bytes, &MachineModel::l1_bytes);
  refused("l2_bytes", &tandem_machine_model::l2_bytes, &MachineModel::l2_bytes);
  refused("l3_bytes", &tandem_machine_model::l3_bytes, &MachineModel::l3_bytes);
  refused("multiply_adds", &tandem_machine_model::multiply_adds, &MachineModel::multiply_adds);
  refused("l1_bandwidth", &tandem_machine_model::l1_bandwidth, &MachineModel::l1_bandwidth);
  refused("l2_bandwidth", &tandem_machine_model::l2_bandwidth, &MachineModel::l2_bandwidth);
  refused("l3_bandwidth", &tandem_machine_model::l3_bandwidth, &MachineModel::l3_bandwidth);
  refused("memory_bandwidth", &tandem_machine_model::memory_bandwidth, &MachineModel::memory_bandwidth);
  refused("fork_seconds", &tandem_machine_model::fork_seconds, &MachineModel::fork_seconds);
  tandem_machine_model unknown_c = c;
  MachineModel unknown = machine;
  unknown_c.row = unknown.row = "abacus";
  options.machine = &unknown_c;
  cpp.machine = unknown;
  expect_refused_alike("machine \"abacus\" in machine.row is unknown", options, cpp);
}

TEST_F(CApiPlanTest, RunsWithStridesResidualAndWorkspace) {
  tandem_plan_options c = tandem_plan_options_init();
  c.threads = 1;
  c.src_stride = 128;
  c.dst_stride = 131;
  c.residual_stride = 137;
  PlanOptions cpp;
  cpp.threads = 1;
  cpp.strides = {128, 131, 137};
  const CPlan c_plan = plan(c);
  const Plan cpp_plan = cpp_->plan(kInput, cpp).value();
  const std::vector<float> src = random_.values(56 * 56 * 128);
  const std::vector<float> residual = random_.values(56 * 56 * 137);
  std::vector<float> dst(56 * 56 * 131, -1.0F);
  std::vector<float> expected = dst;
  Workspace workspace(cpp_plan);
  ASSERT_TRUE(cpp_plan.run({src.data(), expected.data(), residual.data(), workspace.data()}).ok());
  tandem_run_args args = tandem_run_args_init(src.data(), dst.data());
  args.residual = residual.data();
  args.workspace = workspace.data();
  tandem_status status = {};
  ASSERT_TRUE(tandem_plan_run(c_plan.get(), &args, &status)) << status.message;
  EXPECT_EQ(first_difference(dst, expected), -1);

  if (tandem_plan_workspace_bytes(c_plan.get()) > 1) {
    args.workspace_bytes = 1;
    EXPECT_FALSE(tandem_plan_run(c_plan.get(), &args, &status));
    expect_refused("a small workspace", status_of(status), StatusCode::kInvalidArgument, {"workspace"});
    args.workspace_bytes = 0;
    args.workspace = nullptr;
    EXPECT_FALSE(tandem_plan_run(c_plan.get(), &args, &status));
  }
}

TEST_F(CApiPlanTest, DenormalsAreFlushedWhereAsked) {
  tandem_pointwise_params p = tandem_pointwise_params_init(1, 1);
  const float one = 1.0F;
  const tandem_weights weights = tandem_weights_init(&one, 1, nullptr, 0);
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_pointwise_create(&p, &weights, isa_.c_str(), &op, nullptr));
  const COperator owner(op, tandem_operator_destroy);
  for (const bool flush : {false, true}) {
    if (flush && !kFlushesDenormals) continue;
    tandem_plan_options options = tandem_plan_options_init();
    options.flush_denormals = flush;
    tandem_plan* made = nullptr;
    ASSERT_TRUE(tandem_plan_create(op, {1, 1, 1, 1}, &options, &made, nullptr));
    const CPlan plan_owner(made, tandem_plan_destroy);
    const float src = std::numeric_limits<float>::denorm_min();
    float dst = -1.0F;
    const tandem_run_args args = tandem_run_args_init(&src, &dst);
    ASSERT_TRUE(tandem_plan_run(made, &args, nullptr));
    EXPECT_EQ(dst == 0.0F, flush);
  }
}

struct Counting {
  int workers = 0;
  static std::int32_t concurrency(void*) { return 3; }
  static void parallel(void* self, std::int32_t count, tandem_worker_function worker, void* context) {
    static_cast<Counting*>(self)->workers += count;
    for (std::int32_t i = 0; i < count; ++i) worker(context, i);
  }
};

TEST_F(CApiPlanTest, APoolIsUsedAndCopied) {
  Counting counting;
  CPlan shared = {nullptr, tandem_plan_destroy};
  {
    tandem_thread_pool pool = tandem_thread_pool_init(&counting, Counting::concurrency, Counting::parallel);
    const tandem_machine_model machine = c_machine(sharing());
    tandem_plan_options options = tandem_plan_options_init();
    options.pool = &pool;
    options.machine = &machine;
    shared = plan(options);
    pool = {};  // the plan has its own copy
  }
  EXPECT_EQ(tandem_plan_threads(shared.get()), 3);
  const std::vector<float> src = random_.values(56 * 56 * 128);
  std::vector<float> dst(src.size());
  std::vector<char> scratch(tandem_plan_workspace_bytes(shared.get()) + 64);
  tandem_run_args args = tandem_run_args_init(src.data(), dst.data());
  args.residual = src.data();
  args.workspace = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64;
  EXPECT_TRUE(tandem_plan_run(shared.get(), &args, nullptr));
  EXPECT_GE(counting.workers, 2);

  tandem_thread_pool half = tandem_thread_pool_init(&counting, Counting::concurrency, nullptr);
  tandem_plan_options options = tandem_plan_options_init();
  options.pool = &half;
  PlanOptions cpp;
  cpp.executor = Executor::pool({&counting, Counting::concurrency, nullptr});
  expect_refused_alike("parallel", options, cpp);
  half = tandem_thread_pool_init(&counting, nullptr, Counting::parallel);
  cpp.executor = Executor::pool({&counting, nullptr, Counting::parallel});
  expect_refused_alike("concurrency", options, cpp);
}

TEST_F(CApiPlanTest, InlineIsTheCallingThread) {
  tandem_plan_options options = tandem_plan_options_init();
  options.executor = TANDEM_EXECUTOR_INLINE;
  PlanOptions cpp;
  cpp.executor = Executor::inline_only();
  expect_planned_alike(options, cpp);
  EXPECT_EQ(tandem_plan_threads(plan(options).get()), 1);

  tandem_plan* made = nullptr;
  tandem_status status = {};
  const tandem_thread_pool pool = tandem_thread_pool_init(nullptr, Counting::concurrency, Counting::parallel);
  options.pool = &pool;
  EXPECT_FALSE(tandem_plan_create(c_.get(), kCInput, &options, &made, &status));
  expect_refused("pool and inline", status_of(status), StatusCode::kInvalidArgument, {"pool", "inline"});
  const std::int32_t unknown = 5;
  std::memcpy(&options.executor, &unknown, sizeof unknown);
  EXPECT_FALSE(tandem_plan_create(c_.get(), kCInput, &options, &made, &status));
  expect_refused("an unknown executor", status_of(status), StatusCode::kInvalidArgument, {"executor is 5"});
}

}  // namespace
}  // namespace tandem::test
