// The operators without a filter that do not sum, in C: as c_api_members.hpp says.
#include "c_api_members.hpp"

namespace tandem::test {
namespace {

using CApiElementwiseTest = CApiMembersTest;

TEST_F(CApiElementwiseTest, Elementwise) {
  ElementwiseParams cpp;
  cpp.channels = 13;
  cpp.operation = ElementwiseOperation::kDivideInto;
  cpp.activation = Activation::leaky_relu(0.25F);
  tandem_elementwise_params c = tandem_elementwise_params_init(13, TANDEM_DIVIDE_INTO);
  c.activation = tandem_activation_leaky_relu(0.25F);
  const auto create_c = [&](const tandem_elementwise_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_elementwise_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const ElementwiseParams& p) { return create(p, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 3, 5, 13}, true);

  TANDEM_REFUSED(p.channels = -1);
  TANDEM_REFUSED(set(p.operation, kNone));
  TANDEM_ACTIVATION_REFUSED(activation);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
  TANDEM_TENSOR_REFUSED(residual_type);
  TANDEM_ROUNDING_REFUSED();

  const std::vector<float> constants = random_.values(13);
  tandem_elementwise_params c_constants = c;
  c_constants.constants = constants.data();
  c_constants.constant_count = constants.size();
  ElementwiseParams cpp_constants = cpp;
  cpp_constants.constants = constants;
  ASSERT_TRUE(create_c(c_constants, &op, nullptr));
  expect_same(op, create_cpp(cpp_constants), {2, 3, 5, 13});

  // A residual of the shape that one of the flags makes is right for no other one.
  for (int i = 0; i < 4; ++i) {
    tandem_elementwise_params c_flag = c;
    (i == 0   ? c_flag.broadcast_n
     : i == 1 ? c_flag.broadcast_h
     : i == 2 ? c_flag.broadcast_w
              : c_flag.broadcast_c) = true;
    ElementwiseParams cpp_flag = cpp;
    cpp_flag.broadcast = {i == 0, i == 1, i == 2, i == 3};
    ASSERT_TRUE(create_c(c_flag, &op, nullptr));
    const COperator owner(op, tandem_operator_destroy);
    const Operator made = create_cpp(cpp_flag).value();
    Subject subject = {"", made, {2, 3, 5, 13}, true, false};
    subject.broadcast = cpp_flag.broadcast;
    const Tensors tensors(subject);
    const std::vector<float> expected = run_once(subject, tensors, {1, Executor()});
    tandem_plan* plan = nullptr;
    ASSERT_TRUE(tandem_plan_create(op, {2, 3, 5, 13}, nullptr, &plan, nullptr));
    const CPlan plan_owner(plan, tandem_plan_destroy);
    std::vector<float> dst(expected.size());
    tandem_run_args args = tandem_run_args_init(tensors.src.data(), dst.data());
    args.residual = tensors.residual.data();
    EXPECT_TRUE(tandem_plan_run(plan, &args, nullptr));
    EXPECT_EQ(first_difference(dst, expected), -1) << "broadcast of dimension " << i;
  }
}

TEST_F(CApiElementwiseTest, Constants) {
  const auto create_c = [&](const tandem_elementwise_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_elementwise_create(&p, isa_.c_str(), op, status);
  };
  tandem_status status = {};
  tandem_operator* op = nullptr;
  const float two[] = {1.0F, 2.0F};
  tandem_elementwise_params c = tandem_elementwise_params_init(13, TANDEM_ADD);
  c.constants = two;
  c.constant_count = 2;
  EXPECT_FALSE(create_c(c, &op, &status));
  EXPECT_NE(std::string(status.message).find("2 constants"), std::string::npos) << status.message;
  c.constants = nullptr;
  EXPECT_FALSE(create_c(c, &op, &status));
  EXPECT_NE(std::string(status.message).find("null"), std::string::npos) << status.message;
}

TEST_F(CApiElementwiseTest, Activation) {
  const ActivationParams cpp = {13, Activation::tanh(), {}, {}};
  const tandem_activation_params c = tandem_activation_params_init(13, tandem_activation_tanh());
  const auto create_c = [&](const tandem_activation_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_activation_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const ActivationParams& p) { return create(p, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 3, 5, 13});
  TANDEM_REFUSED(p.channels = -1);
  const std::uint8_t table[256] = {};
  TANDEM_REFUSED(p.table = table);
  TANDEM_ACTIVATION_REFUSED(activation);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
}

TEST_F(CApiElementwiseTest, Softmax) {
  const SoftmaxParams cpp = {13, 0.5F};
  tandem_softmax_params c = tandem_softmax_params_init(13);
  EXPECT_EQ(c.beta, SoftmaxParams().beta);
  c.beta = 0.5F;
  const auto create_c = [&](const tandem_softmax_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_softmax_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const SoftmaxParams& p) { return create(p, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 3, 5, 13});
  TANDEM_REFUSED(p.channels = -1);
  TANDEM_REFUSED(p.beta = -2.0F);
  TANDEM_REFUSED(p.beta = NAN);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
}

TEST_F(CApiElementwiseTest, Copy) {
  const CopyParams cpp = {13};
  const tandem_copy_params c = tandem_copy_params_init(13);
  const auto create_c = [&](const tandem_copy_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_copy_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const CopyParams& p) { return create(p, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 3, 5, 13});
  TANDEM_REFUSED(p.channels = -1);
  TANDEM_TENSOR_REFUSED(type);
}

TEST_F(CApiElementwiseTest, DepthToSpace) {
  const DepthToSpaceParams cpp = {36, 3, DepthToSpaceMode::kCrd};
  const tandem_depth_to_space_params c = tandem_depth_to_space_params_init(36, 3, TANDEM_DEPTH_TO_SPACE_CRD);
  const auto create_c = [&](const tandem_depth_to_space_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_depth_to_space_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const DepthToSpaceParams& p) { return create(p, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 3, 5, 36});
  TANDEM_REFUSED(p.channels = 37);
  TANDEM_REFUSED(p.block = -1);
  TANDEM_REFUSED(set(p.mode, kNone));
  TANDEM_TENSOR_REFUSED(type);
}

}  // namespace
}  // namespace tandem::test
