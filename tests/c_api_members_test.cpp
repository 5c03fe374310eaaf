// The parameters of every operator with values that differ from each other, in C and in C++.
#include "c_api_members.hpp"

namespace tandem::test {
namespace {

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
  set_affine(affine_of(c), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
  set_affine(affine_of(cpp), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
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
  TANDEM_ROUNDING_REFUSED();
}

TEST_F(CApiMembersTest, ConvTranspose2d) {
  ConvTranspose2dParams cpp;
  cpp.in_channels = 6;
  cpp.out_channels = 4;
  cpp.kernel_h = 3;
  cpp.kernel_w = 2;
  cpp.stride_h = 2;
  cpp.stride_w = 3;
  cpp.dilation_h = 5;
  cpp.dilation_w = 4;
  cpp.groups = 2;
  cpp.output_padding_h = 4;
  cpp.output_padding_w = 3;
  cpp.output_h = 17;
  cpp.output_w = 19;
  cpp.padding = Padding::explicit_sides(1, 2, 3, 0);
  cpp.activation = Activation::hard_sigmoid(0.3F, 0.4F);
  cpp.residual = true;
  cpp.residual_order = ResidualOrder::kAfterActivation;
  const reference::Weights w = random_weights(filter_shape(cpp), true, random_);
  const tandem_weights weights = c_weights_of(w);

  tandem_conv_transpose2d_params c = tandem_conv_transpose2d_params_init(6, 4, 1, 1);
  c.kernel_h = 3;
  c.kernel_w = 2;
  c.stride_h = 2;
  c.stride_w = 3;
  c.dilation_h = 5;
  c.dilation_w = 4;
  c.groups = 2;
  c.output_padding_h = 4;
  c.output_padding_w = 3;
  c.output_h = 17;
  c.output_w = 19;
  c.padding = tandem_padding_explicit(1, 2, 3, 0);
  c.activation = tandem_activation_hard_sigmoid(0.3F, 0.4F);
  c.residual = true;
  c.residual_order = TANDEM_RESIDUAL_AFTER_ACTIVATION;
  set_affine(affine_of(c), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
  set_affine(affine_of(cpp), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
  const auto create_c = [&](const tandem_conv_transpose2d_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_conv_transpose2d_create(&p, &weights, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const ConvTranspose2dParams& p) { return create(p, w, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 4, 5, 6}, true);
  c.output_h = c.output_w = cpp.output_h = cpp.output_w = 0;  // else output padding moves no output
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 4, 5, 6}, true);

  TANDEM_REFUSED(p.in_channels = -1);
  TANDEM_REFUSED(p.out_channels = -2);
  TANDEM_REFUSED(p.groups = -13);
  TANDEM_REFUSED(p.output_padding_h = -14);
  TANDEM_REFUSED(p.output_padding_w = -15);
  TANDEM_REFUSED(p.output_h = -16);
  TANDEM_REFUSED(p.output_w = -17);
  TANDEM_WINDOW_REFUSED();
  TANDEM_ROUNDING_REFUSED();
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
  set_affine(affine_of(c), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
  set_affine(affine_of(cpp), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
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
  TANDEM_ROUNDING_REFUSED();
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
  set_affine(affine_of(c), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
  set_affine(affine_of(cpp), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
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
  TANDEM_ROUNDING_REFUSED();
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
  set_affine(affine_of(c), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
  set_affine(affine_of(cpp), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
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
  TANDEM_ROUNDING_REFUSED();
}

TEST_F(CApiMembersTest, OperatorsWithoutAFilterOfTheirOwn) {
  {
    GlobalAveragePoolParams cpp = {13, Activation::tanh(), {}, {}};
    tandem_global_average_pool_params c = tandem_global_average_pool_params_init(13);
    c.activation = tandem_activation_tanh();
    set_affine(affine_of(c), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
    set_affine(affine_of(cpp), FloatSpan(&kScale, 1), FloatSpan(&kShift, 1));
    const auto create_c = [&](const tandem_global_average_pool_params& p, tandem_operator** op, tandem_status* status) {
      return tandem_global_average_pool_create(&p, isa_.c_str(), op, status);
    };
    const auto create_cpp = [&](const GlobalAveragePoolParams& p) { return create(p, isa_); };
    tandem_operator* op = nullptr;
    ASSERT_TRUE(create_c(c, &op, nullptr));
    expect_same(op, create_cpp(cpp), {2, 3, 3, 13});
    TANDEM_REFUSED(p.channels = -1);
    TANDEM_ACTIVATION_REFUSED(activation);
    TANDEM_AFFINE_REFUSED(affine_of(p));
    TANDEM_TENSOR_REFUSED(src_type);
    TANDEM_TENSOR_REFUSED(dst_type);
    TANDEM_ROUNDING_REFUSED();
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

tandem_affine& squeeze_affine(tandem_squeeze_excite_params& p) { return p.activation_affine; }
Activation& squeeze_affine(SqueezeExciteParams& p) { return p.activation; }
tandem_affine& gate_affine(tandem_squeeze_excite_params& p) { return p.gate_affine; }
Activation& gate_affine(SqueezeExciteParams& p) { return p.gate; }

// Both kinds of pools, whose members have the same names.
template <class Params>
void fill_pool(Params& p) {
  p.kernel_h = 5;
  p.kernel_w = 2;
  p.stride_h = 2;
  p.stride_w = 4;
  p.dilation_h = 1;
  p.dilation_w = 3;
  p.ceil_mode = true;
  p.padding.top = 1;
  p.padding.bottom = 2;
  p.padding.left = 3;
  p.padding.right = 0;
  set_activation(p.activation, Activation::Kind::kLeakyRelu);
  p.activation.alpha = 0.25F;
}

TEST_F(CApiMembersTest, MaxPool) {
  MaxPoolParams cpp;
  cpp.channels = 13;
  tandem_max_pool_params c = tandem_max_pool_params_init(13, 1, 1);
  fill_pool(cpp);
  fill_pool(c);
  const auto create_c = [&](const tandem_max_pool_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_max_pool_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const MaxPoolParams& p) { return create(p, isa_); };
  for (const bool ceil : {false, true}) {
    c.ceil_mode = cpp.ceil_mode = ceil;
    tandem_operator* op = nullptr;
    ASSERT_TRUE(create_c(c, &op, nullptr));
    expect_same(op, create_cpp(cpp), {2, 9, 12, 13});
  }
  TANDEM_REFUSED(p.channels = -1);
  TANDEM_TAPS_REFUSED();
  TANDEM_ACTIVATION_REFUSED(activation);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
}

TEST_F(CApiMembersTest, AveragePool) {
  AveragePoolParams cpp;
  cpp.channels = 13;
  tandem_average_pool_params c = tandem_average_pool_params_init(13, 1, 1);
  fill_pool(cpp);
  fill_pool(c);
  const auto create_c = [&](const tandem_average_pool_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_average_pool_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const AveragePoolParams& p) { return create(p, isa_); };
  for (const bool ceil : {false, true}) {
    for (const bool include : {false, true}) {
      c.ceil_mode = cpp.ceil_mode = ceil;
      c.count_include_pad = cpp.count_include_pad = include;
      tandem_operator* op = nullptr;
      ASSERT_TRUE(create_c(c, &op, nullptr));
      expect_same(op, create_cpp(cpp), {2, 9, 12, 13});
    }
  }
  TANDEM_REFUSED(p.channels = -1);
  TANDEM_TAPS_REFUSED();
  TANDEM_ACTIVATION_REFUSED(activation);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
  TANDEM_ROUNDING_REFUSED();
}

TEST_F(CApiMembersTest, Resize) {
  ResizeParams cpp;
  cpp.channels = 13;
  cpp.mode = ResizeMode::kLinear;
  cpp.coordinates = CoordinateMode::kAsymmetric;
  cpp.output_h = 7;
  cpp.output_w = 5;
  tandem_resize_params c = tandem_resize_params_init(13, TANDEM_RESIZE_LINEAR, 7, 5);
  c.coordinates = TANDEM_COORDINATES_ASYMMETRIC;
  const auto create_c = [&](const tandem_resize_params& p, tandem_operator** op, tandem_status* status) {
    return tandem_resize_create(&p, isa_.c_str(), op, status);
  };
  const auto create_cpp = [&](const ResizeParams& p) { return create(p, isa_); };
  tandem_operator* op = nullptr;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 4, 9, 13});
  c.output_h = c.output_w = cpp.output_h = cpp.output_w = 0;
  c.scale_h = cpp.scale_h = 1.75F;
  c.scale_w = cpp.scale_w = 0.75F;
  c.mode = TANDEM_RESIZE_NEAREST;
  cpp.mode = ResizeMode::kNearest;
  c.rounding = TANDEM_CEIL;
  cpp.rounding = NearestRounding::kCeil;
  ASSERT_TRUE(create_c(c, &op, nullptr));
  expect_same(op, create_cpp(cpp), {2, 4, 9, 13});
  TANDEM_REFUSED(p.channels = -1);
  TANDEM_REFUSED(set(p.mode, kNone));
  TANDEM_REFUSED(set(p.coordinates, kNone));
  TANDEM_REFUSED(set(p.rounding, kNone));
  TANDEM_REFUSED(p.output_h = -2);
  TANDEM_REFUSED(p.output_w = -3);
  TANDEM_REFUSED(p.scale_h = -4.0F);
  TANDEM_REFUSED(p.scale_w = -5.0F);
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
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
  const std::vector<float> five = random_.values(5), scales = random_.values(21);
  c.activation_affine = tandem_affine_of(five.data(), 5, &kShift, 1);
  cpp.activation = cpp.activation.with_affine(five, {&kShift, 1});
  c.gate_affine = tandem_affine_of(scales.data(), 21, nullptr, 0);
  cpp.gate = cpp.gate.with_affine(scales, {});
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
  TANDEM_AFFINE_REFUSED(squeeze_affine(p));
  TANDEM_AFFINE_REFUSED(gate_affine(p));
  TANDEM_TENSOR_REFUSED(src_type);
  TANDEM_TENSOR_REFUSED(dst_type);
  TANDEM_REFUSED(set(p.weight_type, kNone));
}

}  // namespace
}  // namespace tandem::test
