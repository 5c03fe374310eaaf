// The operators of the C interface: each is what its C++ counterpart is, to the bit.
#include "c_api_fixture.hpp"
#include "refusal.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

TEST_F(CApiTest, Conv2d) {
  Conv2dParams p;
  p.in_channels = 3;
  p.out_channels = 9;
  p.kernel_h = 3;
  p.kernel_w = 3;
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  const tandem_weights c_w = c_weights_of(w);
  tandem_operator* op = nullptr;
  tandem_conv2d_params c = tandem_conv2d_params_init(3, 9, 3);
  ASSERT_TRUE(tandem_conv2d_create(&c, &c_w, isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {2, 6, 7, 3});

  p.stride_h = c.stride_h = 2;
  p.stride_w = c.stride_w = 3;
  p.dilation_h = c.dilation_h = 2;
  p.dilation_w = c.dilation_w = 3;
  p.padding = Padding::explicit_sides(1, 2, 3, 4);
  c.padding = tandem_padding_explicit(1, 2, 3, 4);
  p.activation = Activation::clamp(-0.5F, 0.75F);
  c.activation = tandem_activation_clamp(-0.5F, 0.75F);
  p.residual = c.residual = true;
  ASSERT_TRUE(tandem_conv2d_create(&c, &c_w, isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {1, 9, 11, 3}, true);
}

TEST_F(CApiTest, ConvTranspose2d) {
  ConvTranspose2dParams p;
  p.in_channels = 6;
  p.out_channels = 10;
  p.kernel_h = p.kernel_w = p.stride_h = p.stride_w = 2;
  p.groups = 2;
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  tandem_conv_transpose2d_params c = tandem_conv_transpose2d_params_init(6, 10, 2, 2);
  c.groups = 2;
  for (const FilterLayout layout : {FilterLayout::kIohw, FilterLayout::kOhwi}) {
    const std::vector<float> values = to_layout(w.filter, filter_shape(p), layout);
    tandem_weights weights = c_weights_of(w);
    weights.filter = values.data();
    weights.layout = static_cast<tandem_filter_layout>(layout);
    tandem_operator* op = nullptr;
    ASSERT_TRUE(tandem_conv_transpose2d_create(&c, &weights, isa_.c_str(), &op, nullptr));
    expect_same(op, create(p, w, isa_), {2, 4, 5, 6});
  }
}

TEST_F(CApiTest, Depthwise) {
  DepthwiseParams p;
  p.channels = 10;
  p.padding = Padding::same_lower();
  p.stride_h = p.stride_w = 2;
  const reference::Weights w = random_weights(filter_shape(p), false, random_);
  const tandem_weights c_w = c_weights_of(w);
  tandem_depthwise_params c = tandem_depthwise_params_init(10);
  c.padding = tandem_padding_same_lower();
  c.stride_h = c.stride_w = 2;
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_depthwise_create(&c, &c_w, isa_.c_str(), &op, nullptr));
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
    tandem_weights weights = c_weights_of(w);
    weights.filter = values.data();
    weights.layout = static_cast<tandem_filter_layout>(layout);
    tandem_operator* op = nullptr;
    ASSERT_TRUE(tandem_pointwise_create(&c, &weights, isa_.c_str(), &op, nullptr));
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
  const tandem_weights c_expand = c_weights_of(expand);
  const reference::Weights depthwise = random_weights(filter_shape(p.depthwise), true, random_);
  const tandem_weights c_depthwise = c_weights_of(depthwise);
  const reference::Weights project = random_weights(filter_shape(p.project), true, random_);
  const tandem_weights c_project = c_weights_of(project);

  tandem_pointwise_params stage1 = tandem_pointwise_params_init(5, 12);
  tandem_depthwise_params stage2 = tandem_depthwise_params_init(12);
  const tandem_pointwise_params stage3 = tandem_pointwise_params_init(12, 5);
  tandem_inverted_residual_params c = tandem_inverted_residual_params_init(&stage1, &stage2, &stage3);
  c.residual = true;
  stage1.activation = stage2.activation = tandem_activation_relu6();
  stage2.padding = tandem_padding_same();
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_inverted_residual_create(&c, &c_expand, &c_depthwise, &c_project, isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, expand, depthwise, project, isa_), {2, 5, 6, 5});

  const tandem_separable_params c_separable = tandem_separable_params_init(&stage2, &stage3);
  const SeparableParams separable = {p.depthwise, p.project};
  ASSERT_TRUE(tandem_separable_create(&c_separable, &c_depthwise, &c_project, isa_.c_str(), &op, nullptr));
  expect_same(op, create(separable, depthwise, project, isa_), {2, 5, 6, 12});
}

TEST_F(CApiTest, BlocksWithSqueezeAndExcite) {
  InvertedResidualParams p;
  p.expand = {5, 12, Activation::relu(), false};
  p.depthwise.channels = 12;
  p.depthwise.padding = Padding::same();
  p.project = {12, 5, Activation::none(), false};
  p.residual = true;
  p.squeeze_excite = SqueezeExciteParams{12, 3, Activation::silu(), Activation::hard_sigmoid(0.25F, 0.5F)};
  std::vector<reference::Weights> w;
  for (const FilterShape& shape : filter_shapes(p)) w.push_back(random_weights(shape, true, random_));
  std::vector<tandem_weights> c_w;
  for (const reference::Weights& of_stage : w) c_w.push_back(c_weights_of(of_stage));

  tandem_pointwise_params expand = tandem_pointwise_params_init(5, 12);
  expand.activation = tandem_activation_relu();
  tandem_depthwise_params depthwise = tandem_depthwise_params_init(12);
  depthwise.padding = tandem_padding_same();
  const tandem_pointwise_params project = tandem_pointwise_params_init(12, 5);
  tandem_squeeze_excite_params squeeze = tandem_squeeze_excite_params_init(12, 3);
  squeeze.activation = tandem_activation_silu();
  squeeze.gate = tandem_activation_hard_sigmoid(0.25F, 0.5F);
  tandem_inverted_residual_params c = tandem_inverted_residual_params_init(&expand, &depthwise, &project);
  c.residual = true;
  c.squeeze_excite = &squeeze;
  tandem_operator* op = nullptr;
  ASSERT_TRUE(tandem_inverted_residual_squeeze_excite_create(&c, &c_w[0], &c_w[1], &c_w[3], &c_w[4], &c_w[2],
                                                             isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w[0], w[1], {w[3], w[4]}, w[2], isa_), {2, 5, 6, 5});

  tandem_separable_params c_separable = tandem_separable_params_init(&depthwise, &project);
  c_separable.squeeze_excite = &squeeze;
  const SeparableParams separable = {p.depthwise, p.project, p.squeeze_excite};
  ASSERT_TRUE(tandem_separable_squeeze_excite_create(&c_separable, &c_w[1], &c_w[3], &c_w[4], &c_w[2], isa_.c_str(),
                                                     &op, nullptr));
  expect_same(op, create(separable, w[1], {w[3], w[4]}, w[2], isa_), {2, 5, 6, 12});

  // The functions without its weights refuse it, and a caller that does not know it has none.
  tandem_status status;
  EXPECT_FALSE(tandem_separable_create(&c_separable, &c_w[1], &c_w[2], isa_.c_str(), &op, &status));
  expect_refused("separable", status_of(status), StatusCode::kInvalidArgument, {"squeeze_excite", "no weights"});
  c_separable.struct_size = offsetof(tandem_separable_params, squeeze_excite);
  ASSERT_TRUE(tandem_separable_create(&c_separable, &c_w[1], &c_w[2], isa_.c_str(), &op, &status));
  expect_same(op, create(SeparableParams{p.depthwise, p.project}, w[1], w[2], isa_), {2, 5, 6, 12});
}

TEST_F(CApiTest, PoolAndFullyConnected) {
  tandem_operator* op = nullptr;
  const tandem_global_average_pool_params pool = tandem_global_average_pool_params_init(13);
  ASSERT_TRUE(tandem_global_average_pool_create(&pool, isa_.c_str(), &op, nullptr));
  expect_same(op, create(GlobalAveragePoolParams{13, {}}, isa_), {2, 3, 3, 13});

  const FullyConnectedParams p = {24, 10, Activation::none(), false};
  const reference::Weights w = random_weights(filter_shape(p), true, random_);
  const tandem_weights c_w = c_weights_of(w);
  const tandem_fully_connected_params c = tandem_fully_connected_params_init(24, 10);
  ASSERT_TRUE(tandem_fully_connected_create(&c, &c_w, isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, w, isa_), {2, 2, 3, 4});
}

TEST_F(CApiTest, SqueezeExcite) {
  SqueezeExciteParams p;
  p.channels = 21;
  p.reduced_channels = 5;
  const reference::Weights reduce = random_weights({5, 21, 1, 1}, true, random_);
  const tandem_weights c_reduce = c_weights_of(reduce);
  const reference::Weights expand = random_weights({21, 5, 1, 1}, false, random_);
  const tandem_weights c_expand = c_weights_of(expand);
  tandem_operator* op = nullptr;
  tandem_squeeze_excite_params c = tandem_squeeze_excite_params_init(21, 5);
  ASSERT_TRUE(tandem_squeeze_excite_create(&c, &c_reduce, &c_expand, isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, reduce, expand, isa_), {2, 4, 3, 21});

  p.activation = Activation::silu();
  c.activation = tandem_activation_silu();
  p.gate = Activation::hard_sigmoid();
  c.gate = tandem_activation_hard_sigmoid(p.gate.alpha, p.gate.beta);
  ASSERT_TRUE(tandem_squeeze_excite_create(&c, &c_reduce, &c_expand, isa_.c_str(), &op, nullptr));
  expect_same(op, create(p, reduce, expand, isa_), {1, 4, 3, 21});
}

TEST_F(CApiTest, ConvertLayout) {
  for (const LayoutConversion conversion : {LayoutConversion::kNchwToNhwc, LayoutConversion::kNhwcToNchw}) {
    tandem_operator* op = nullptr;
    const tandem_convert_layout_params c =
        tandem_convert_layout_params_init(13, static_cast<tandem_layout_conversion>(conversion));
    ASSERT_TRUE(tandem_convert_layout_create(&c, isa_.c_str(), &op, nullptr));
    expect_same(op, create(ConvertLayoutParams{13, conversion}, isa_), {2, 3, 5, 13});
  }
}

TEST_F(CApiTest, Pools) {
  const Window window = {3, 3, 2, 2, 1, 1, Padding::valid()};
  MaxPoolParams max_params;
  AveragePoolParams average_params;
  max_params.channels = average_params.channels = 13;
  tandem_operator* op = nullptr;
  const tandem_max_pool_params max = tandem_max_pool_params_init(13, 3, 2);
  ASSERT_TRUE(tandem_max_pool_create(&max, isa_.c_str(), &op, nullptr));
  expect_same(op, create(with_window(max_params, window), isa_), {2, 7, 9, 13});
  const tandem_average_pool_params average = tandem_average_pool_params_init(13, 3, 2);
  ASSERT_TRUE(tandem_average_pool_create(&average, isa_.c_str(), &op, nullptr));
  expect_same(op, create(with_window(average_params, window), isa_), {2, 7, 9, 13});
}

}  // namespace
}  // namespace tandem::test
