// Weights, types and activations of the C interface: every member, every kind.
#include <cstdint>
#include <utility>

#include "c_api_members.hpp"

namespace tandem::test {
namespace {

TEST_F(CApiMembersTest, TypesGetThrough) {
  for (const DataType type : {DataType::kBf16, DataType::kF16}) {
    SCOPED_TRACE(to_string(type));
    std::vector<std::uint16_t> filter(6), src(2 * 20), residual(3 * 20), dst(60, 1), expected(60, 2);
    const auto fill = [&](std::vector<std::uint16_t>& values) {
      ASSERT_TRUE(convert(DataType::kF32, random_.values(static_cast<std::int64_t>(values.size())).data(), type,
                          values.data(), values.size()));
    };
    fill(filter);
    fill(src);
    fill(residual);
    PointwiseParams cpp = {2, 3, {}};
    set_types(cpp, type, type);
    cpp.residual = true;
    Weights cpp_weights;
    cpp_weights.filter = {type, filter.data(), filter.size()};
    const Result<Operator> op = Operator::pointwise(cpp, cpp_weights, {isa_.c_str()});
    ASSERT_TRUE(op.ok()) << op.status().message();
    ASSERT_TRUE(op->plan({1, 4, 5, 2}).value().run({src.data(), expected.data(), residual.data()}).ok());

    const auto c_type = static_cast<tandem_data_type>(type);
    tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
    c.residual = true;
    c.src_type.type = c.dst_type.type = c.residual_type.type = c.weight_type = c_type;
    tandem_weights weights = tandem_weights_init(nullptr, 0, nullptr, 0);
    weights.filter = filter.data();
    weights.filter_count = filter.size();
    weights.filter_type = c_type;
    tandem_operator* made = nullptr;
    tandem_plan* plan = nullptr;
    tandem_status status = {};
    ASSERT_TRUE(tandem_pointwise_create(&c, &weights, isa_.c_str(), &made, &status)) << status.message;
    const COperator owner(made, tandem_operator_destroy);
    ASSERT_TRUE(tandem_plan_create(made, {1, 4, 5, 2}, nullptr, &plan, &status)) << status.message;
    const CPlan plan_owner(plan, tandem_plan_destroy);
    tandem_run_args args = tandem_run_args_init(src.data(), dst.data());
    args.residual = residual.data();
    ASSERT_TRUE(tandem_plan_run(plan, &args, &status)) << status.message;
    EXPECT_EQ(dst, expected);
  }
}

TEST_F(CApiMembersTest, Weights) {
  const std::vector<float> filter = random_.values(6);
  const std::vector<float> bias = random_.values(3);
  const tandem_pointwise_params params = tandem_pointwise_params_init(2, 3);
  const tandem_weights c = tandem_weights_init(filter.data(), 6, bias.data(), 3);
  Weights cpp;
  cpp.filter = filter;
  cpp.bias = bias;
  const auto refused = [&](const char* member, const auto& change_c, const auto& change_cpp) {
    tandem_weights bad_c = c;
    Weights bad_cpp = cpp;
    change_c(bad_c);
    change_cpp(bad_cpp);
    tandem_operator* op = nullptr;
    tandem_status status = {};
    EXPECT_FALSE(tandem_pointwise_create(&params, &bad_c, isa_.c_str(), &op, &status)) << member;
    const Result<Operator> made = Operator::pointwise({2, 3, {}}, bad_cpp, {isa_.c_str()});
    ASSERT_FALSE(made.ok()) << member;
    EXPECT_STREQ(status.message, made.status().message()) << member;
  };
  refused("filter", [](auto& w) { w.filter = nullptr; }, [](auto& w) { w.filter.data = nullptr; });
  refused("filter_count", [](auto& w) { w.filter_count = 5; }, [](auto& w) { w.filter.size = 5; });
  refused("filter_type", [](auto& w) { w.filter_type = TANDEM_F16; }, [](auto& w) { w.filter.type = DataType::kF16; });
  refused("layout", [](auto& w) { set(w.layout, kNone); }, [](auto& w) { set(w.layout, kNone); });
  refused("bias", [](auto& w) { w.bias = nullptr; }, [](auto& w) { w.bias.data = nullptr; });
  refused("bias_count", [](auto& w) { w.bias_count = 2; }, [](auto& w) { w.bias.size = 2; });
  refused("bias_type", [](auto& w) { w.bias_type = TANDEM_S32; }, [](auto& w) { w.bias.type = DataType::kS32; });
  refused(
      "scales",
      [&](auto& w) {
        w.scales = bias.data();
        w.scale_count = 3;
      },
      [&](auto& w) { w.scales = bias; });
}

TEST_F(CApiMembersTest, ActivationsHaveTheirKindsAndNumbers) {
  const PointwiseParams p = {2, 3, {}};
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  const tandem_weights weights = c_weights_of(w);
  const std::pair<tandem_activation, Activation> pairs[] = {
      {{}, Activation::none()},
      {tandem_activation_none(), Activation::none()},
      {tandem_activation_relu(), Activation::relu()},
      {tandem_activation_relu6(), Activation::relu6()},
      {tandem_activation_clamp(-0.5F, 0.25F), Activation::clamp(-0.5F, 0.25F)},
      {tandem_activation_leaky_relu(0.75F), Activation::leaky_relu(0.75F)},
      {tandem_activation_prelu(kThreeSlopes.data(), 3), Activation::prelu(kThreeSlopes)},
      {tandem_activation_sigmoid(), Activation::sigmoid()},
      {tandem_activation_silu(), Activation::silu()},
      {tandem_activation_hard_sigmoid(0.25F, 0.75F), Activation::hard_sigmoid(0.25F, 0.75F)},
      {tandem_activation_hard_swish(), Activation::hard_swish()},
      {tandem_activation_tanh(), Activation::tanh()},
      {tandem_activation_gelu(), Activation::gelu()},
      {tandem_activation_gelu_tanh(), Activation::gelu_tanh()}};
  for (const auto& [c_activation, activation] : pairs) {
    SCOPED_TRACE(c_activation.kind);
    tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
    c.activation = c_activation;
    PointwiseParams cpp = p;
    cpp.activation = activation;
    tandem_operator* op = nullptr;
    ASSERT_TRUE(tandem_pointwise_create(&c, &weights, isa_.c_str(), &op, nullptr));
    expect_same(op, create(cpp, w, isa_), {1, 4, 5, 2});
  }
  tandem_pointwise_params c = tandem_pointwise_params_init(2, 3);
  tandem_operator* op = nullptr;
  tandem_status status = {};
  set(c.activation.kind, kNone);
  EXPECT_FALSE(tandem_pointwise_create(&c, &weights, isa_.c_str(), &op, &status));
  EXPECT_NE(std::string(status.message).find("99"), std::string::npos) << status.message;
}

}  // namespace
}  // namespace tandem::test
