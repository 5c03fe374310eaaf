// A caller and a library of different versions: structs that are shorter or longer than this version's, and a program
// that was compiled with the headers of version 0.2.
#include <cstring>

#include "c_api_fixture.hpp"
#include "frozen_c/caller.h"
#include "refusal.hpp"

namespace tandem::test {
namespace {

TEST(FrozenCTest, NothingHasMoved) {
  struct Line {
    const char* name;
    std::size_t value;
  };
  const Line lines[] = {
#define MEMBER(type, member) {#type "." #member, offsetof(type, member)},
#define ENUMERATOR(name) {#name, static_cast<std::size_t>(name)},
#include "frozen_c/layout.inc"
  };
  ASSERT_EQ(std::size(lines), frozen_layout_count);
  for (std::size_t i = 0; i < std::size(lines); ++i) EXPECT_EQ(lines[i].value, frozen_layout[i]) << lines[i].name;
}

TEST(FrozenCTest, AnOldCallerWorks) {
  const char* const wrong = frozen_caller();
  EXPECT_EQ(wrong, nullptr) << wrong;
}

// A struct of a later version: that of this one, and a member behind it.
template <class Struct>
struct Later {
  Struct known;
  std::uint64_t unknown = 0;

  explicit Later(const Struct& s) : known(s) { known.struct_size = sizeof *this; }
};

class StructSizeTest : public CApiTest {
 protected:
  const std::vector<float> filter_ = random_.values(6);
  const tandem_weights weights_ = tandem_weights_init(filter_.data(), 6, nullptr, 0);

  bool create(const tandem_pointwise_params& params, const tandem_weights& weights) {
    tandem_operator* op = nullptr;
    const bool made = tandem_pointwise_create(&params, &weights, isa_.c_str(), &op, &status_);
    EXPECT_EQ(made, op != nullptr);
    op_.reset(op);
    return made;
  }

  tandem_status status_ = {};
  COperator op_{nullptr, tandem_operator_destroy};
};

TEST_F(StructSizeTest, WhatAnOldCallerDoesNotKnowTakesDefaults) {
  tandem_pointwise_params params = tandem_pointwise_params_init(2, 3);
  params.stride_w = 0;  // beyond what this caller knows, like all that follows
  std::memset(&params.activation, 0xff, sizeof params.activation);
  params.struct_size = offsetof(tandem_pointwise_params, stride_h);
  tandem_weights weights = weights_;
  std::memset(&weights.filter_type, 0xff, sizeof weights - offsetof(tandem_weights, filter_type));
  weights.struct_size = offsetof(tandem_weights, filter_type);
  ASSERT_TRUE(create(params, weights)) << status_.message;
  expect_same(op_.release(), Operator::pointwise({2, 3, {}}, {filter_}, {isa_.c_str()}), {1, 4, 5, 2});
}

TEST_F(StructSizeTest, SizesThatNoStructHasAreRefused) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{8}, sizeof(tandem_pointwise_params) + 1,
                                 std::size_t{1} << 20, static_cast<std::size_t>(-8)}) {
    tandem_pointwise_params params = tandem_pointwise_params_init(2, 3);
    params.struct_size = size;
    EXPECT_FALSE(create(params, weights_));
    expect_refused("params", status_of(status_), StatusCode::kInvalidArgument,
                   {"params has struct_size " + std::to_string(size) + ","});
    tandem_weights weights = weights_;
    weights.struct_size = size;
    EXPECT_FALSE(create(tandem_pointwise_params_init(2, 3), weights));
    expect_refused("weights", status_of(status_), StatusCode::kInvalidArgument,
                   {"weights has struct_size " + std::to_string(size) + ","});
  }
}

TEST_F(StructSizeTest, WhatThisVersionDoesNotKnowMustBeZero) {
  Later params(tandem_pointwise_params_init(2, 3));
  Later weights(weights_);
  EXPECT_TRUE(create(params.known, weights.known)) << status_.message;
  const std::string sizes = "struct_size " + std::to_string(sizeof params) + " and is not zero at byte " +
                            std::to_string(sizeof params - 1) + ", but this version knows " +
                            std::to_string(sizeof(tandem_pointwise_params));
  params.unknown = std::uint64_t{1} << 56;
  EXPECT_FALSE(create(params.known, weights.known));
  expect_refused("params", status_of(status_), StatusCode::kInvalidArgument, {"params has " + sizes});
  params.unknown = 0;
  weights.unknown = 1;
  EXPECT_FALSE(create(params.known, weights.known));
  expect_refused("weights", status_of(status_), StatusCode::kInvalidArgument, {"weights has struct_size"});
}

TEST_F(StructSizeTest, ReservedMembersMustBeZero) {
  tandem_pointwise_params params = tandem_pointwise_params_init(2, 3);
  params.reserved = 5;
  EXPECT_FALSE(create(params, weights_));
  expect_refused("params", status_of(status_), StatusCode::kInvalidArgument, {"params has 5 in reserved"});
}

TEST_F(StructSizeTest, OfOptionsAndWhatTheyPointAt) {
  ASSERT_TRUE(create(tandem_pointwise_params_init(2, 3), weights_));
  Later options(tandem_plan_options_init());
  Later machine(tandem_machine_model_init());
  options.known.machine = &machine.known;
  const auto plan = [&] {
    tandem_plan* made = nullptr;
    const bool done = tandem_plan_create(op_.get(), {1, 4, 5, 2}, &options.known, &made, &status_);
    tandem_plan_destroy(made);
    return done;
  };
  EXPECT_TRUE(plan()) << status_.message;
  machine.unknown = 1;
  EXPECT_FALSE(plan());
  expect_refused("machine", status_of(status_), StatusCode::kInvalidArgument, {"machine has struct_size"});
  options.known.machine = nullptr;
  const tandem_thread_pool pool = {};
  options.known.pool = &pool;
  EXPECT_FALSE(plan());
  expect_refused("pool", status_of(status_), StatusCode::kInvalidArgument, {"pool has struct_size 0"});
  options.unknown = 1;
  EXPECT_FALSE(plan());
  expect_refused("options", status_of(status_), StatusCode::kInvalidArgument, {"options has struct_size"});
}

TEST_F(StructSizeTest, OfArgumentsAndReports) {
  ASSERT_TRUE(create(tandem_pointwise_params_init(2, 3), weights_));
  tandem_plan* made = nullptr;
  ASSERT_TRUE(tandem_plan_create(op_.get(), {1, 4, 5, 2}, nullptr, &made, &status_));
  const CPlan plan(made, tandem_plan_destroy);
  const std::vector<float> src = random_.values(40);
  std::vector<float> expected(60), dst(60), other(60);
  tandem_run_args args = tandem_run_args_init(src.data(), expected.data());
  ASSERT_TRUE(tandem_plan_run(made, &args, &status_));

  // Two later structs one behind the other: the second one begins where the first one ends.
  Later<tandem_run_args> later[2] = {Later(tandem_run_args_init(src.data(), dst.data())),
                                     Later(tandem_run_args_init(src.data(), other.data()))};
  EXPECT_TRUE(tandem_plan_run(made, &later[0].known, &status_)) << status_.message;
  EXPECT_EQ(first_difference(dst, expected), -1);
  const tandem_plan* const plans[2] = {made, made};
  tandem_sequence* sequence = nullptr;
  ASSERT_TRUE(tandem_sequence_create(plans, 2, &sequence, &status_));
  EXPECT_TRUE(tandem_sequence_run(sequence, &later[0].known, 2, &status_)) << status_.message;
  EXPECT_EQ(first_difference(other, expected), -1);
  later[1].unknown = 1;
  EXPECT_FALSE(tandem_sequence_run(sequence, &later[0].known, 2, &status_));
  expect_refused("args", status_of(status_), StatusCode::kInvalidArgument, {"args 1 has struct_size"});
  later[1].unknown = 0;
  later[1].known.struct_size = sizeof(tandem_run_args);
  EXPECT_FALSE(tandem_sequence_run(sequence, &later[0].known, 2, &status_));
  expect_refused("args", status_of(status_), StatusCode::kInvalidArgument, {"args 0 has", "args 1 has", "equal"});
  tandem_sequence_destroy(sequence);

  Later report(tandem_report_init());
  report.unknown = 1;
  EXPECT_TRUE(tandem_plan_report(made, &report.known, &status_));
  EXPECT_EQ(report.unknown, 0U);
  EXPECT_EQ(report.known.struct_size, sizeof report);
  EXPECT_GE(report.known.candidate, 1);
  tandem_report shorter = {};
  shorter.struct_size = offsetof(tandem_report, candidate);
  EXPECT_TRUE(tandem_plan_report(made, &shorter, &status_));
  EXPECT_EQ(shorter.multiply_adds, 120);
  EXPECT_EQ(shorter.candidate, 0);  // not written
  shorter.struct_size = 0;
  EXPECT_FALSE(tandem_plan_report(made, &shorter, &status_));
}

// A later version may put a new member where this one has nothing, so nothing may be there.
#define TANDEM_ENDS_WITH(type, member) \
  static_assert(offsetof(type, member) + sizeof(type::member) == sizeof(type) || sizeof(void*) != 8, #type)
TANDEM_ENDS_WITH(tandem_weights, scale_count);
TANDEM_ENDS_WITH(tandem_conv2d_params, reserved);
TANDEM_ENDS_WITH(tandem_conv_transpose2d_params, reserved);
TANDEM_ENDS_WITH(tandem_depthwise_params, reserved);
TANDEM_ENDS_WITH(tandem_pointwise_params, reserved);
TANDEM_ENDS_WITH(tandem_separable_params, squeeze_excite);
TANDEM_ENDS_WITH(tandem_inverted_residual_params, reserved);
TANDEM_ENDS_WITH(tandem_global_average_pool_params, reserved);
TANDEM_ENDS_WITH(tandem_fully_connected_params, reserved);
TANDEM_ENDS_WITH(tandem_squeeze_excite_params, rounding);
TANDEM_ENDS_WITH(tandem_convert_layout_params, reserved);
TANDEM_ENDS_WITH(tandem_max_pool_params, affine);
TANDEM_ENDS_WITH(tandem_average_pool_params, reserved);
TANDEM_ENDS_WITH(tandem_resize_params, dst_type);
TANDEM_ENDS_WITH(tandem_elementwise_params, reserved);
TANDEM_ENDS_WITH(tandem_activation_params, table);
TANDEM_ENDS_WITH(tandem_softmax_params, dst_type);
TANDEM_ENDS_WITH(tandem_quantize_params, dst_type);
TANDEM_ENDS_WITH(tandem_dequantize_params, src_type);
TANDEM_ENDS_WITH(tandem_copy_params, type);
TANDEM_ENDS_WITH(tandem_depth_to_space_params, type);
TANDEM_ENDS_WITH(tandem_thread_pool, parallel);
TANDEM_ENDS_WITH(tandem_machine_model, row);
TANDEM_ENDS_WITH(tandem_plan_options, residual_stride);
TANDEM_ENDS_WITH(tandem_run_args, workspace_bytes);
TANDEM_ENDS_WITH(tandem_batch_norm, epsilon);
TANDEM_ENDS_WITH(tandem_report, machine);

}  // namespace
}  // namespace tandem::test
