// Quantised blocks and a squeeze-and-excite in C: with the outputs, and the sentences, of C++.
#include <gtest/gtest.h>

#include <vector>

#include "c_api_fixture.hpp"

namespace tandem::test {
namespace {

constexpr TensorType kInput{DataType::kU8, {0.02F, 3}};
constexpr TensorType kExpanded{DataType::kU8, {0.5F, 5}};
constexpr TensorType kFiltered{DataType::kU8, {2.0F, 7}};
constexpr TensorType kProjected{DataType::kU8, {8.0F, 120}};
constexpr TensorType kSum{DataType::kU8, {9.0F, 130}};

tandem_tensor_type of(const TensorType& t) { return {TANDEM_U8, t.quantization.scale, t.quantization.zero_point}; }

/// The same squeeze-and-excite for both interfaces, of 32 channels, 8 after the reduction.
SqueezeExciteParams squeeze_excite() {
  SqueezeExciteParams p{32, 8, Activation::silu(), Activation::sigmoid()};
  p.weight_type = DataType::kS8;
  p.src_type = p.mean_type = kFiltered;
  p.reduced_type = {DataType::kU8, {0.05F, 128}};
  p.hidden_type = {DataType::kU8, {0.03F, 20}};
  p.expanded_type = {DataType::kU8, {0.04F, 120}};
  p.gate_type = {DataType::kU8, {0.004F, 1}};
  p.dst_type = {DataType::kU8, {0.9F, 2}};
  p.rounding = Rounding::kTfliteDouble;
  return p;
}
tandem_squeeze_excite_params of(const SqueezeExciteParams& p) {
  tandem_squeeze_excite_params c = tandem_squeeze_excite_params_init(p.channels, p.reduced_channels);
  c.activation = tandem_activation_silu();
  c.weight_type = TANDEM_S8;
  c.src_type = of(p.src_type);
  c.mean_type = of(p.mean_type);
  c.reduced_type = of(p.reduced_type);
  c.hidden_type = of(p.hidden_type);
  c.expanded_type = of(p.expanded_type);
  c.gate_type = of(p.gate_type);
  c.dst_type = of(p.dst_type);
  c.rounding = TANDEM_ROUND_TFLITE_DOUBLE;
  return c;
}

/// A filter of s8 with one scale, for both interfaces.
class Filter {
 public:
  Filter(std::size_t size, Random& random) : values_(size) {
    for (std::int8_t& v : values_) v = static_cast<std::int8_t>(random.integer(-127, 127));
  }
  [[nodiscard]] Weights cpp() const {
    return Weights({DataType::kS8, values_.data(), values_.size()}, FilterLayout::kOihw, {}, {&kScale, 1});
  }
  [[nodiscard]] tandem_weights c() const {
    tandem_weights w = tandem_weights_init(nullptr, 0, nullptr, 0);
    w.filter = values_.data();
    w.filter_count = values_.size();
    w.filter_type = TANDEM_S8;
    w.scales = &kScale;
    w.scale_count = 1;
    return w;
  }

 private:
  static constexpr float kScale = 0.01F;
  std::vector<std::int8_t> values_;
};

class CApiQuantisedTest : public CApiTest {
 protected:
  /// Takes `made`. The output has the input's shape.
  void expect_same_bytes(const Result<Operator>& op, tandem_operator* made, const Shape& shape) {
    const COperator owner(made, tandem_operator_destroy);
    ASSERT_TRUE(op.ok()) << op.status().message();
    const Result<Plan> plan = op->plan(shape);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    std::vector<std::uint8_t> src(static_cast<std::size_t>(shape.elements()));
    for (std::uint8_t& v : src) v = static_cast<std::uint8_t>(random_.integer(0, 255));
    std::vector<std::uint8_t> dst(src.size()), c_dst(src.size());
    Workspace workspace(*plan);
    RunArgs args;
    args.src = src.data();
    args.dst = dst.data();
    args.workspace = workspace.data();
    ASSERT_TRUE(plan->run(args).ok());

    tandem_plan* c_plan = nullptr;
    ASSERT_TRUE(tandem_plan_create(made, {shape.n, shape.h, shape.w, shape.c}, nullptr, &c_plan, nullptr));
    const CPlan plan_owner(c_plan, tandem_plan_destroy);
    tandem_run_args c_args = tandem_run_args_init(src.data(), c_dst.data());
    c_args.workspace = workspace.data();
    tandem_status status = {};
    ASSERT_TRUE(tandem_plan_run(c_plan, &c_args, &status)) << status.message;
    EXPECT_EQ(c_dst, dst);
  }
};

TEST_F(CApiQuantisedTest, InvertedResidual) {
  InvertedResidualParams p;
  p.expand.in_channels = p.project.out_channels = 8;
  p.expand.out_channels = p.depthwise.channels = p.project.in_channels = 32;
  p.depthwise.padding = Padding::same();
  p.expand.activation = Activation::relu();
  p.residual = true;
  set_types(p, kInput, DataType::kS8);
  p.expand.dst_type = p.depthwise.src_type = kExpanded;
  p.depthwise.dst_type = p.project.src_type = kFiltered;
  p.project.dst_type = kProjected;
  p.sum_type = kSum;
  p.expand.rounding = p.project.rounding = Rounding::kTfliteDouble;
  p.depthwise.rounding = Rounding::kTfliteSingle;

  tandem_pointwise_params expand = tandem_pointwise_params_init(8, 32);
  tandem_depthwise_params depthwise = tandem_depthwise_params_init(32);
  tandem_pointwise_params project = tandem_pointwise_params_init(32, 8);
  expand.activation = tandem_activation_relu();
  depthwise.padding = tandem_padding_same();
  expand.src_type = project.residual_type = of(kInput);
  expand.dst_type = depthwise.src_type = of(kExpanded);
  depthwise.dst_type = project.src_type = of(kFiltered);
  project.dst_type = of(kProjected);
  expand.rounding = project.rounding = TANDEM_ROUND_TFLITE_DOUBLE;
  depthwise.rounding = TANDEM_ROUND_TFLITE_SINGLE;
  expand.weight_type = depthwise.weight_type = project.weight_type = TANDEM_S8;
  tandem_inverted_residual_params c = tandem_inverted_residual_params_init(&expand, &depthwise, &project);
  c.residual = true;
  c.sum_type = of(kSum);

  const Filter first(256, random_), second(288, random_), third(256, random_);
  const tandem_weights c_first = first.c(), c_second = second.c(), c_third = third.c();
  tandem_operator* made = nullptr;
  tandem_status status = {};
  const auto create = [&] {
    return Operator::inverted_residual(p, first.cpp(), second.cpp(), third.cpp(), {isa_.c_str()});
  };
  const auto create_c = [&] {
    return tandem_inverted_residual_create(&c, &c_first, &c_second, &c_third, isa_.c_str(), &made, &status);
  };
  ASSERT_TRUE(create_c()) << status.message;
  expect_same_bytes(create(), made, {1, 6, 7, 8});

  c.sum_type.zero_point = p.sum_type.quantization.zero_point = 256;
  EXPECT_FALSE(create_c());
  EXPECT_STREQ(status.message, create().status().message());
  c.reserved = 7;
  EXPECT_FALSE(create_c());
  EXPECT_STREQ(status.message, "params has 7 in reserved, expected 0");
}

TEST_F(CApiQuantisedTest, SqueezeExciteOfABlock) {
  SeparableParams p;
  p.depthwise.channels = p.pointwise.in_channels = p.pointwise.out_channels = 32;
  p.depthwise.padding = Padding::same();
  p.squeeze_excite = squeeze_excite();
  set_types(p.depthwise, kInput, DataType::kS8);
  set_types(p.pointwise, p.squeeze_excite->dst_type, DataType::kS8);
  p.depthwise.dst_type = kFiltered;
  p.pointwise.dst_type = kProjected;

  tandem_depthwise_params depthwise = tandem_depthwise_params_init(32);
  tandem_pointwise_params pointwise = tandem_pointwise_params_init(32, 32);
  tandem_squeeze_excite_params squeeze = of(*p.squeeze_excite);
  depthwise.padding = tandem_padding_same();
  depthwise.src_type = of(kInput);
  depthwise.dst_type = of(kFiltered);
  pointwise.src_type = squeeze.dst_type;
  pointwise.dst_type = of(kProjected);
  depthwise.weight_type = pointwise.weight_type = TANDEM_S8;
  tandem_separable_params c = tandem_separable_params_init(&depthwise, &pointwise);
  c.squeeze_excite = &squeeze;

  const Filter first(288, random_), reduce(256, random_), gate(256, random_), last(1024, random_);
  const tandem_weights c_first = first.c(), c_reduce = reduce.c(), c_gate = gate.c(), c_last = last.c();
  tandem_operator* made = nullptr;
  tandem_status status = {};
  const auto create = [&] {
    return Operator::separable(p, first.cpp(), {reduce.cpp(), gate.cpp()}, last.cpp(), {isa_.c_str()});
  };
  const auto create_c = [&] {
    return tandem_separable_squeeze_excite_create(&c, &c_first, &c_reduce, &c_gate, &c_last, isa_.c_str(), &made,
                                                  &status);
  };
  ASSERT_TRUE(create_c()) << status.message;
  expect_same_bytes(create(), made, {2, 6, 5, 32});

  squeeze.gate_type.zero_point = p.squeeze_excite->gate_type.quantization.zero_point = 256;
  EXPECT_FALSE(create_c());
  EXPECT_STREQ(status.message, create().status().message());
  EXPECT_STREQ(status.message, "squeeze_excite.gate_type has zero point 256, which is no value of u8 that it may have");
}

TEST_F(CApiQuantisedTest, SqueezeExcite) {
  SqueezeExciteParams p = squeeze_excite();
  tandem_squeeze_excite_params c = of(p);
  const Filter reduce(256, random_), expand(256, random_);
  const tandem_weights c_reduce = reduce.c(), c_expand = expand.c();
  tandem_operator* made = nullptr;
  tandem_status status = {};
  const auto create_c = [&] {
    return tandem_squeeze_excite_create(&c, &c_reduce, &c_expand, isa_.c_str(), &made, &status);
  };
  const auto create = [&] { return Operator::squeeze_excite(p, reduce.cpp(), expand.cpp(), {isa_.c_str()}); };
  ASSERT_TRUE(create_c()) << status.message;
  expect_same_bytes(create(), made, {2, 5, 4, 32});

  const std::pair<tandem_tensor_type*, TensorType*> types[] = {{&c.mean_type, &p.mean_type},
                                                               {&c.reduced_type, &p.reduced_type},
                                                               {&c.hidden_type, &p.hidden_type},
                                                               {&c.expanded_type, &p.expanded_type},
                                                               {&c.gate_type, &p.gate_type}};
  std::int32_t zero_point = 300;
  for (const auto& [type, cpp_type] : types) {
    const TensorType good = *cpp_type;
    type->zero_point = cpp_type->quantization.zero_point = ++zero_point;
    EXPECT_FALSE(create_c());
    EXPECT_STREQ(status.message, create().status().message());
    *cpp_type = good;
    *type = of(good);
  }
  c.rounding = static_cast<tandem_rounding>(3);
  p.rounding = static_cast<Rounding>(3);
  EXPECT_FALSE(create_c());
  EXPECT_STREQ(status.message, create().status().message());
}

}  // namespace
}  // namespace tandem::test
