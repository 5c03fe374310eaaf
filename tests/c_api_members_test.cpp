// Every member of every parameter struct of the C interface gets through to the C++ one. With values that differ from
// each other the results have the same bits; and whatever one interface refuses the other one refuses with the same
// sentence, which names the member and its value: so that no member can be forgotten or taken for another one.
#include <cmath>
#include <cstring>

#include "c_api_fixture.hpp"

namespace tandem::test {
namespace {

// Members of the same name, whose types differ.
template <class Enum>
void set(Enum& member, std::int32_t value) {
  static_assert(sizeof member == sizeof value);
  std::memcpy(&member, &value, sizeof value);
}
void set_type(tandem_tensor_type& type, std::int32_t value) { set(type.type, value); }
void set_type(TensorType& type, std::int32_t value) { set(type.type, value); }
void set_scale(tandem_tensor_type& type, float value) { type.scale = value; }
void set_scale(TensorType& type, float value) { type.quantization.scale = value; }
void set_zero_point(tandem_tensor_type& type, std::int32_t value) { type.zero_point = value; }
void set_zero_point(TensorType& type, std::int32_t value) { type.quantization.zero_point = value; }
void set_activation(tandem_activation& a, Activation::Kind kind) { set(a.kind, static_cast<std::int32_t>(kind) + 1); }
void set_activation(Activation& a, Activation::Kind kind) { a.kind = kind; }
void set_slopes(tandem_activation& a, const std::vector<float>& slopes) {
  a.slopes = slopes.data();
  a.slope_count = slopes.size();
}
void set_slopes(Activation& a, const std::vector<float>& slopes) { a.slopes = slopes; }

constexpr std::int32_t kNone = 99;  // no type, no layout, no order
const std::vector<float> kThreeSlopes = {0.5F, -0.25F, 2.0F};

class CApiMembersTest : public CApiTest {
 protected:
  // change() makes good parameters bad, in the same way for both interfaces.
  template <class C, class Cpp, class CreateC, class CreateCpp, class Change>
  void expect_refused_alike(const char* member, C c, Cpp cpp, const CreateC& create_c, const CreateCpp& create_cpp,
                            const Change& change) {
    change(c);
    change(cpp);
    tandem_operator* op = nullptr;
    tandem_status status = {};
    EXPECT_FALSE(create_c(c, &op, &status)) << member;
    EXPECT_EQ(op, nullptr) << member;
    const Result<Operator> made = create_cpp(cpp);
    ASSERT_FALSE(made.ok()) << member;
    EXPECT_EQ(static_cast<int>(status.code), static_cast<int>(made.status().code())) << member;
    EXPECT_STREQ(status.message, made.status().message()) << member;
  }
};

#define TANDEM_REFUSED(statement) \
  expect_refused_alike(#statement, c, cpp, create_c, create_cpp, [&](auto& p) { statement; })

#define TANDEM_ACTIVATION_REFUSED(member)                                                        \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kClamp); p.member.lo = NAN);         \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kClamp); p.member.hi = NAN);         \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kHardSigmoid); p.member.alpha = NAN); \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kHardSigmoid); p.member.beta = NAN); \
  TANDEM_REFUSED(set_activation(p.member, Activation::Kind::kPrelu); set_slopes(p.member, kThreeSlopes))

#define TANDEM_TENSOR_REFUSED(member)                \
  TANDEM_REFUSED(set_type(p.member, kNone));         \
  TANDEM_REFUSED(set_scale(p.member, 0.375F));       \
  TANDEM_REFUSED(set_zero_point(p.member, 77))

#define TANDEM_STAGE_REFUSED()                                           \
  TANDEM_ACTIVATION_REFUSED(activation);                                 \
  TANDEM_TENSOR_REFUSED(src_type);                                       \
  TANDEM_TENSOR_REFUSED(dst_type);                                       \
  TANDEM_REFUSED(p.residual = true; set_type(p.residual_type, kNone));   \
  TANDEM_REFUSED(p.residual = true; set_scale(p.residual_type, 0.375F)); \
  TANDEM_REFUSED(p.residual = true; set_zero_point(p.residual_type, 77)); \
  TANDEM_REFUSED(set(p.residual_order, kNone));                          \
  TANDEM_REFUSED(set(p.weight_type, kNone));                             \
  TANDEM_REFUSED(set(p.weight_type, TANDEM_BF16))

#define TANDEM_WINDOW_REFUSED()                                                  \
  TANDEM_REFUSED(p.kernel_h = -3);                                               \
  TANDEM_REFUSED(p.kernel_w = -4);                                               \
  TANDEM_REFUSED(p.stride_h = -5);                                               \
  TANDEM_REFUSED(p.stride_w = -6);                                               \
  TANDEM_REFUSED(p.dilation_h = -7);                                             \
  TANDEM_REFUSED(p.dilation_w = -8);                                             \
  TANDEM_REFUSED(set(p.padding.mode, kNone));                                    \
  TANDEM_REFUSED(p.padding.top = -9);                                            \
  TANDEM_REFUSED(p.padding.bottom = -10);                                        \
  TANDEM_REFUSED(p.padding.left = -11);                                          \
  TANDEM_REFUSED(p.padding.right = -12);                                         \
  TANDEM_STAGE_REFUSED()

TEST_F(CApiMembersTest, Conv2d) {
  Conv2dParams cpp;
  cpp.in_channels = 6;
  cpp.out_channels = 4;
  cpp.kernel_h = 3;
  cpp.kernel_w = 2;
  cpp.stride_h = 2;
  cpp.stride_w = 3;
  cpp.dilation_h = 2;
  cpp.dilation_w = 4;
  cpp.groups = 2;
  cpp.padding = Padding::explicit_sides(1, 2, 3, 0);
  cpp.activation = Activation::hard_sigmoid(0.3F, 0.4F);
  cpp.residual = true;
  cpp.residual_order = ResidualOrder::kAfterActivation;
  const reference::Weights w = random_weights(filter_shape(cpp), true, random_);
  const tandem_weights weights = c_weights_of(w);

  tandem_conv2d_params c = tandem_conv2d_params_init(6, 4, 1);
  c.kernel_h = 3;
  c.kernel_w = 2;
  c.stride_h = 2;
  c.stride_w = 3;
  c.dilation_h = 2;
  c.dilation_w = 4;
  c.groups = 2;
  c.padding = tandem_padding_explicit(1, 2, 3, 0);
  c.activation = tandem_activation_hard_sigmoid(0.3F, 0.4F);
  c.residual = true;
  c.residual_order = TANDEM_RESIDUAL_AFTER_ACTIVATION;
  const auto create_c = [&](const tandem_conv2d_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_conv2d_create(&p, &weights, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const Conv2dParams& p) { return create(p, w, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 9, 12, 6}, true);

  TANDEM_REFUSED(p.in_channels = -1);
  TANDEM_REFUSED(p.out_channels = -2);
  TANDEM_REFUSED(p.groups = -13);
  TANDEM_WINDOW_REFUSED();
}

TEST_F(CApiMembersTest, Depthwise) {
  DepthwiseParams cpp;
  cpp.channels = 5;
  cpp.kernel_h = 4;
  cpp.kernel_w = 3;
  cpp.stride_h = 1;
  cpp.stride_w = 2;
  cpp.dilation_h = 3;
  cpp.dilation_w = 2;
  cpp.multiplier = 2;
  cpp.padding = Padding::explicit_sides(4, 3, 2, 1);
  cpp.activation = Activation::leaky_relu(0.125F);
  cpp.residual = true;
  const reference::Weights w = random_weights(filter_shape(cpp), true, random_);
  const tandem_weights weights = c_weights_of(w);

  tandem_depthwise_params c = tandem_depthwise_params_init(5);
  c.kernel_h = 4;
  c.kernel_w = 3;
  c.stride_h = 1;
  c.stride_w = 2;
  c.dilation_h = 3;
  c.dilation_w = 2;
  c.multiplier = 2;
  c.padding = tandem_padding_explicit(4, 3, 2, 1);
  c.activation = tandem_activation_leaky_relu(0.125F);
  c.residual = true;
  const auto create_c = [&](const tandem_depthwise_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_depthwise_create(&p, &weights, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const DepthwiseParams& p) { return create(p, w, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {1, 10, 9, 5}, true);

  TANDEM_REFUSED(p.channels = -1);
  TANDEM_REFUSED(p.multiplier = -2);
  TANDEM_WINDOW_REFUSED();
}

TEST_F(CApiMembersTest, Pointwise) {
  PointwiseParams cpp;
  cpp.in_channels = 7;
  cpp.out_channels = 5;
  cpp.stride_h = 2;
  cpp.stride_w = 3;
  cpp.activation = Activation::clamp(-0.25F, 0.5F);
  const reference::Weights w = random_weights(filter_shape(cpp), true, random_);
  const tandem_weights weights = c_weights_of(w);
  tandem_pointwise_params c = tandem_pointwise_params_init(7, 5);
  c.stride_h = 2;
  c.stride_w = 3;
  c.activation = tandem_activation_clamp(-0.25F, 0.5F);
  const auto create_c = [&](const tandem_pointwise_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_pointwise_create(&p, &weights, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const PointwiseParams& p) { return create(p, w, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 5, 8, 7});

  TANDEM_REFUSED(p.in_channels = -1);
  TANDEM_REFUSED(p.out_channels = -2);
  TANDEM_REFUSED(p.stride_h = -3);
  TANDEM_REFUSED(p.stride_w = -4);
  TANDEM_STAGE_REFUSED();
}

TEST_F(CApiMembersTest, FullyConnected) {
  FullyConnectedParams cpp;
  cpp.in_features = 24;
  cpp.out_features = 10;
  cpp.activation = Activation::relu();
  cpp.residual = true;
  cpp.residual_order = ResidualOrder::kAfterActivation;
  const reference::Weights w = random_weights(filter_shape(cpp), true, random_);
  const tandem_weights weights = c_weights_of(w);
  tandem_fully_connected_params c = tandem_fully_connected_params_init(24, 10);
  c.activation = tandem_activation_relu();
  c.residual = true;
  c.residual_order = TANDEM_RESIDUAL_AFTER_ACTIVATION;
  const auto create_c = [&](const tandem_fully_connected_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_fully_connected_create(&p, &weights, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const FullyConnectedParams& p) { return create(p, w, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 2, 3, 4}, true);

  TANDEM_REFUSED(p.in_features = -1);
  TANDEM_REFUSED(p.out_features = -2);
  TANDEM_STAGE_REFUSED();
}

TEST_F(CApiMembersTest, OperatorsWithoutAFilterOfTheirOwn) {
  {
    const GlobalAveragePoolParams cpp = {13, Activation::tanh(), {}, {}};
    tandem_global_average_pool_params c = tandem_global_average_pool_params_init(13);
    c.activation = tandem_activation_tanh();
    const auto create_c = [&](const tandem_global_average_pool_params& p, tandem_operator** op, tandem_status* status) {
      return tandem_global_average_pool_create(&p, isa_.c_str(), op, status);
    };
    const auto create_cpp = [&](const GlobalAveragePoolParams& p) { return create(p, isa_); };
    tandem_operator* op = nullptr;
    ASSERT_TRUE(create_c(c, &op, nullptr));
    expect_same(op, create_cpp(cpp), {2, 3, 3, 13});
    TANDEM_REFUSED(p.channels = -1);
    TANDEM_ACTIVATION_REFUSED(activation);
    TANDEM_TENSOR_REFUSED(src_type);
    TANDEM_TENSOR_REFUSED(dst_type);
  }
  {
    const ConvertLayoutParams cpp = {13, LayoutConversion::kNhwcToNchw, {}};
    const tandem_convert_layout_params c = tandem_convert_layout_params_init(13, TANDEM_NHWC_TO_NCHW);
    const auto create_c = [&](const tandem_convert_layout_params& p, tandem_operator** op, tandem_status* status) {
      return tandem_convert_layout_create(&p, isa_.c_str(), op, status);
    };
    const auto create_cpp = [&](const ConvertLayoutParams& p) { return create(p, isa_); };
    tandem_operator* op = nullptr;
    ASSERT_TRUE(create_c(c, &op, nullptr));
    expect_same(op, create_cpp(cpp), {2, 3, 5, 13});
    TANDEM_REFUSED(p.channels = -1);
    TANDEM_REFUSED(set(p.conversion, kNone));
    TANDEM_TENSOR_REFUSED(type);
  }
}

TEST_F(CApiMembersTest, SqueezeExcite) {
  SqueezeExciteParams cpp;
  cpp.channels = 21;
  cpp.reduced_channels = 5;
  cpp.activation = Activation::leaky_relu(0.25F);
  cpp.gate = Activation::hard_sigmoid(0.2F, 0.6F);
  const reference::Weights reduce = random_weights({5, 21, 1, 1}, true, random_);
  const reference::Weights expand = random_weights({21, 5, 1, 1}, true, random_);
  const tandem_weights c_reduce = c_weights_of(reduce);
  const tandem_weights c_expand = c_weights_of(expand);
  tandem_squeeze_excite_params c = tandem_squeeze_excite_params_init(21, 5);
  c.activation = tandem_activation_leaky_relu(0.25F);
  c.gate = tandem_activation_hard_sigmoid(0.2F, 0.6F);
  const auto create_c = [&](const tandem_squeeze_excite_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_squeeze_excite_create(&p, &c_reduce, &c_expand, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const SqueezeExciteParams& p) { return create(p, reduce, expand, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 4, 3, 21});
  TANDEM_REFUSED(p.channels = -1);
  TANDEM_REFUSED(p.reduced_channels = -2);
  TANDEM_ACTIVATION_REFUSED(activation);
  TANDEM_ACTIVATION_REFUSED(gate);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
  TANDEM_REFUSED(set(p.weight_type, kNone));
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
    const Result<Operator> made = Operator::pointwise({2, 3}, bad_cpp, {isa_.c_str()});
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
  const PointwiseParams p = {2, 3};
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
      {tandem_activation_tanh(), Activation::tanh()}};
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
