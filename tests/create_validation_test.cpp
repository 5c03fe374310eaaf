// What create() refuses, and that it says why with the offending value.
#include <limits>

#include "create_attempts.hpp"
#include "tandem/isa.hpp"

namespace tandem::test {
namespace {

constexpr std::int32_t kHuge = std::numeric_limits<std::int32_t>::max();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr StatusCode kRange = StatusCode::kOutOfRange;

TEST(CreateValidationTest, TheAttemptsAreRightUntilSpoilt) {
  const Status status = Conv2dAttempt().create();
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(CreateValidationTest, Sizes) {
  expect_conv2d_refused("no input channels", kInvalid, {"in_channels", "0"}, [](auto& a) { a.params.in_channels = 0; });
  expect_conv2d_refused("negative input channels", kInvalid, {"in_channels", "-4"},
                        [](auto& a) { a.params.in_channels = -4; });
  expect_conv2d_refused("no output channels", kInvalid, {"out_channels", "0"},
                        [](auto& a) { a.params.out_channels = 0; });
  expect_conv2d_refused("no kernel rows", kInvalid, {"kernel_h", "0"}, [](auto& a) { a.params.kernel_h = 0; });
  expect_conv2d_refused("negative kernel columns", kInvalid, {"kernel_w", "-3"},
                        [](auto& a) { a.params.kernel_w = -3; });
  expect_conv2d_refused("no stride", kInvalid, {"stride_h", "0"}, [](auto& a) { a.params.stride_h = 0; });
  expect_conv2d_refused("negative stride", kInvalid, {"stride_w", "-2"}, [](auto& a) { a.params.stride_w = -2; });
  expect_conv2d_refused("no dilation", kInvalid, {"dilation_h", "0"}, [](auto& a) { a.params.dilation_h = 0; });
  expect_conv2d_refused("negative dilation", kInvalid, {"dilation_w", "-1"}, [](auto& a) { a.params.dilation_w = -1; });
}

TEST(CreateValidationTest, Padding) {
  for (const auto side : {&Padding::top, &Padding::bottom, &Padding::left, &Padding::right}) {
    expect_conv2d_refused("negative padding", kInvalid, {"-7"}, [&](auto& a) { a.params.padding.*side = -7; });
  }
  expect_conv2d_refused("no such mode", kInvalid, {"17"},
                        [](auto& a) { a.params.padding.mode = static_cast<Padding::Mode>(17); });
}

TEST(CreateValidationTest, Activation) {
  expect_conv2d_refused("NaN below", kInvalid, {"nan"},
                        [](auto& a) { a.params.activation = Activation::clamp(kNan, 1.0F); });
  expect_conv2d_refused("NaN above", kInvalid, {"nan"},
                        [](auto& a) { a.params.activation = Activation::clamp(0.0F, kNan); });
  expect_conv2d_refused("reversed", kInvalid, {"3.5", "-2.25"},
                        [](auto& a) { a.params.activation = Activation::clamp(3.5F, -2.25F); });
}

TEST(CreateValidationTest, OtherActivations) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  expect_conv2d_refused("no such kind", kInvalid, {"activation", "42"},
                        [](auto& a) { a.params.activation.kind = static_cast<Activation::Kind>(42); });
  expect_conv2d_refused("a slope that is NaN", kInvalid, {"alpha"},
                        [](auto& a) { a.params.activation = Activation::leaky_relu(kNan); });
  expect_conv2d_refused("an infinite alpha", kInvalid, {"alpha", "inf"},
                        [](auto& a) { a.params.activation = Activation::hard_sigmoid(kInf, 0.5F); });
  expect_conv2d_refused("a beta that is NaN", kInvalid, {"beta", "nan"},
                        [](auto& a) { a.params.activation = Activation::hard_sigmoid(0.2F, kNan); });
  expect_conv2d_refused("no slopes", kInvalid, {"slopes"},
                        [](auto& a) { a.params.activation = Activation::prelu({}); });
  const std::vector<float> slopes(7, 0.5F);
  expect_conv2d_refused("too many slopes", kInvalid, {"7 slopes", "6"},
                        [&](auto& a) { a.params.activation = Activation::prelu(slopes); });
  expect_conv2d_refused("too few slopes", kInvalid, {"5 slopes", "6"},
                        [&](auto& a) { a.params.activation = Activation::prelu({slopes.data(), 5}); });
}

TEST(CreateValidationTest, Affines) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<float> seven(7, 0.5F);
  std::vector<float> six(6, 0.5F);
  const auto with = [](const FloatSpan& scale, const FloatSpan& shift) {
    return [=](auto& a) { a.params.activation = Activation::hard_swish().with_affine(scale, shift); };
  };
  for (const FloatSpan& good : {FloatSpan(), FloatSpan(six), FloatSpan(six.data(), 1)}) {
    Conv2dAttempt attempt;
    with(good, good)(attempt);
    const Status status = attempt.create();
    EXPECT_TRUE(status.ok()) << status.message();
  }
  expect_conv2d_refused("too many", kInvalid, {"activation.scale", "7", "6"}, with(seven, {}));
  expect_conv2d_refused("too few", kInvalid, {"activation.shift", "5", "6"}, with({}, {six.data(), 5}));
  expect_conv2d_refused("null with a size", kInvalid, {"activation.scale", "null", "6"}, with({nullptr, 6}, {}));
  expect_conv2d_refused("null with one", kInvalid, {"activation.shift", "null", "1"}, with(six, {nullptr, 1}));
  expect_conv2d_refused("after a kind that is none", kInvalid, {"42"}, [&](auto& a) {
    a.params.activation = Activation::none().with_affine(six, six);
    a.params.activation.kind = static_cast<Activation::Kind>(42);
  });
  six[4] = kNan;
  expect_conv2d_refused("NaN", kInvalid, {"activation.scale", "element 4", "nan"}, with(six, {}));
  six[4] = -kInf;
  expect_conv2d_refused("infinity", kInvalid, {"activation.shift", "element 4", "-inf"}, with({}, six));
}

TEST(CreateValidationTest, Groups) {
  expect_conv2d_refused("no groups", kInvalid, {"groups", "0"}, [](auto& a) { a.params.groups = 0; });
  expect_conv2d_refused("negative groups", kInvalid, {"groups", "-2"}, [](auto& a) { a.params.groups = -2; });
  expect_conv2d_refused("groups that divide the output alone", kInvalid, {"groups", "3", "4", "6"},
                        [](auto& a) { a.params.groups = 3; });
  expect_conv2d_refused("groups that divide the input alone", kInvalid, {"groups", "4", "6"},
                        [](auto& a) { a.params.groups = 4; });
  expect_conv2d_refused("the filter of one group", kInvalid, {"filter", "216", "2 input channels"},
                        [](auto& a) { a.params.groups = 2; });
}

TEST(CreateValidationTest, ResidualOrders) {
  expect_conv2d_refused("no such order", kInvalid, {"residual_order", "9"},
                        [](auto& a) { a.params.residual_order = static_cast<ResidualOrder>(9); });
}

TEST(CreateValidationTest, MultipliersAndStrides) {
  const reference::Weights nine = {std::vector<float>(9, 1.0F), {}};
  DepthwiseParams depthwise;
  depthwise.channels = 1;
  depthwise.multiplier = 0;
  expect_refused("no multiplier", create(depthwise, nine, "scalar").status(), kInvalid, {"multiplier", "0"});
  depthwise.multiplier = 2;
  expect_refused("the filter of one", create(depthwise, nine, "scalar").status(), kInvalid, {"9", "18"});
  depthwise.channels = depthwise.multiplier = kHuge;
  expect_refused("a product beyond 32 bits", create(depthwise, nine, "scalar").status(), kRange,
                 {"4611686014132420609"});

  PointwiseParams pointwise{3, 3, {}, false};
  pointwise.stride_h = 0;
  expect_refused("no stride", create(pointwise, nine, "scalar").status(), kInvalid, {"stride_h", "0"});
  pointwise.stride_h = 1;
  pointwise.stride_w = -2;
  expect_refused("negative stride", create(pointwise, nine, "scalar").status(), kInvalid, {"stride_w", "-2"});
}

TEST(CreateValidationTest, FilterAndBias) {
  expect_conv2d_refused("null filter", kInvalid, {"filter"}, [](auto& a) { a.weights.filter.data = nullptr; });
  expect_conv2d_refused("short filter", kInvalid, {"filter", "215", "216"},
                        [](auto& a) { a.weights.filter.size = 215; });
  expect_conv2d_refused("long filter", kInvalid, {"filter", "217"}, [](auto& a) { a.weights.filter.size = 217; });
  expect_conv2d_refused("empty filter", kInvalid, {"filter", "0"}, [](auto& a) { a.weights.filter.size = 0; });
  expect_conv2d_refused("depthwise layout", kInvalid, {"1HWC"},
                        [](auto& a) { a.weights.layout = FilterLayout::k1hwc; });
  expect_conv2d_refused("no such layout", kInvalid, {"99"},
                        [](auto& a) { a.weights.layout = static_cast<FilterLayout>(99); });
  expect_conv2d_refused("short bias", kInvalid, {"bias", "5", "6"}, [](auto& a) { a.weights.bias.size = 5; });
  expect_conv2d_refused("long bias", kInvalid, {"bias", "7", "6"}, [](auto& a) { a.weights.bias.size = 7; });
  expect_conv2d_refused("null bias with a size", kInvalid, {"bias", "6"},
                        [](auto& a) { a.weights.bias.data = nullptr; });
  expect_conv2d_refused("empty bias that is not null", kInvalid, {"bias", "0"},
                        [](auto& a) { a.weights.bias.size = 0; });
}

TEST(CreateValidationTest, ProductsThatOverflow) {
  expect_conv2d_refused("filter beyond 64 bits", kRange, {"2147483647"}, [](auto& a) {
    a.params.in_channels = a.params.out_channels = a.params.kernel_h = a.params.kernel_w = kHuge;
  });
  expect_conv2d_refused("a product that wraps to the right count", kRange, {"65536"}, [](auto& a) {
    // 2^16 * 2^16 * 2^16 * 2^16 is 0 modulo 2^64.
    a.params.in_channels = a.params.out_channels = a.params.kernel_h = a.params.kernel_w = 1 << 16;
    a.weights.filter.size = 0;
    a.weights.bias.size = 1 << 16;
  });
  const std::vector<float> one = {1.0F};
  const reference::Weights weights = {one, {}};
  const Status matrix = create(PointwiseParams{kHuge, kHuge, Activation::none(), false}, weights, "scalar").status();
  expect_refused("a filter of 2^62", matrix, kRange, {"2147483647"});
}

TEST(CreateValidationTest, EveryOperatorChecksItsParameters) {
  const reference::Weights nine = {std::vector<float>(9, 1.0F), {}};
  DepthwiseParams depthwise;
  depthwise.channels = -5;
  expect_refused("depthwise", create(depthwise, nine, "scalar").status(), kInvalid, {"channels", "-5"});
  depthwise.channels = 1;
  depthwise.stride_w = 0;
  expect_refused("depthwise", create(depthwise, nine, "scalar").status(), kInvalid, {"stride_w", "0"});
  depthwise.stride_w = 1;
  depthwise.channels = 2;
  expect_refused("depthwise", create(depthwise, nine, "scalar").status(), kInvalid, {"9", "18"});
  const reference::Weights eighteen = {std::vector<float>(18, 1.0F), {}};
  depthwise.activation = Activation::clamp(kNan, 0.0F);
  expect_refused("depthwise", create(depthwise, eighteen, "scalar").status(), kInvalid, {"nan"});
  depthwise.activation = Activation::none();
  const reference::Weights short_bias = {eighteen.filter, {1.0F}};
  expect_refused("depthwise", create(depthwise, short_bias, "scalar").status(), kInvalid, {"bias", "1", "2"});

  expect_refused("pointwise", create(PointwiseParams{0, 3, {}, false}, nine, "scalar").status(), kInvalid,
                 {"in_channels", "0"});
  expect_refused("pointwise", create(PointwiseParams{3, 3, Activation::clamp(kNan, 0), false}, nine, "scalar").status(),
                 kInvalid, {"nan"});
  expect_refused("pointwise", create(PointwiseParams{4, 3, {}, false}, nine, "scalar").status(), kInvalid, {"9", "12"});
  expect_refused("fully connected", create(FullyConnectedParams{3, -3, {}, false}, nine, "scalar").status(), kInvalid,
                 {"out_features", "-3"});
  expect_refused("fully connected", create(FullyConnectedParams{3, 4, {}, false}, nine, "scalar").status(), kInvalid,
                 {"9", "12"});
  expect_refused("pool", create(GlobalAveragePoolParams{0, {}}, "scalar").status(), kInvalid, {"channels", "0"});
  MaxPoolParams max_pool;
  expect_refused("max pool", create(max_pool, "scalar").status(), kInvalid, {"channels", "0"});
  max_pool.channels = 3;
  max_pool.kernel_h = 0;
  expect_refused("max pool", create(max_pool, "scalar").status(), kInvalid, {"kernel_h", "0"});
  AveragePoolParams average_pool;
  average_pool.channels = 3;
  average_pool.stride_w = -3;
  expect_refused("average pool", create(average_pool, "scalar").status(), kInvalid, {"stride_w", "-3"});
  expect_refused("pool", create(GlobalAveragePoolParams{3, Activation::clamp(1.0F, 0.0F)}, "scalar").status(), kInvalid,
                 {"1", "0"});
  SqueezeExciteParams squeeze;
  squeeze.channels = 3;
  const auto create_squeeze = [&](const reference::Weights& reduce, const reference::Weights& expand) {
    return create(squeeze, reduce, expand, "scalar").status();
  };
  expect_refused("squeeze", create_squeeze(nine, nine), kInvalid, {"reduced_channels", "0"});
  squeeze.reduced_channels = 3;
  EXPECT_TRUE(create_squeeze(nine, nine).ok());
  expect_refused("squeeze", create_squeeze(eighteen, nine), kInvalid, {"reduce.filter", "18", "9"});
  expect_refused("squeeze", create_squeeze(nine, eighteen), kInvalid, {"expand.filter", "18", "9"});
  expect_refused("squeeze", create_squeeze({nine.filter, {1.0F}}, nine), kInvalid, {"reduce.bias", "1", "3"});
  expect_refused("squeeze", create_squeeze(nine, {nine.filter, {1.0F}}), kInvalid, {"expand.bias", "1", "3"});
  squeeze.gate = Activation::clamp(1.0F, 0.0F);
  expect_refused("squeeze", create_squeeze(nine, nine), kInvalid, {"gate.activation", "1", "0"});
  squeeze.activation = Activation::clamp(kNan, 0.0F);
  expect_refused("squeeze", create_squeeze(nine, nine), kInvalid, {"reduce.activation", "nan"});
  squeeze.channels = -2;
  expect_refused("squeeze", create_squeeze(nine, nine), kInvalid, {"channels", "-2"});
  expect_refused("layout", create(ConvertLayoutParams{-7, {}}, "scalar").status(), kInvalid, {"channels", "-7"});
  expect_refused("layout", create(ConvertLayoutParams{3, static_cast<LayoutConversion>(2)}, "scalar").status(),
                 kInvalid, {"conversion", "2"});
}

TEST(CreateValidationTest, OnlyDepthwiseTakesThe1hwcLayout) {
  const std::vector<float> values(9, 1.0F);
  const Weights filter = {values, FilterLayout::k1hwc};
  DepthwiseParams depthwise;
  depthwise.channels = 1;
  EXPECT_TRUE(Operator::depthwise(depthwise, filter).ok());
  expect_refused("pointwise", Operator::pointwise({3, 3, {}, false}, filter).status(), kInvalid, {"1HWC"});
  expect_refused("fully connected", Operator::fully_connected({3, 3, {}, false}, filter).status(), kInvalid, {"1HWC"});
}

TEST(CreateValidationTest, StagesOfABlockMustFit) {
  EXPECT_TRUE(BlockAttempt().create_inverted_residual().ok());
  EXPECT_TRUE(BlockAttempt().create_separable().ok());
  expect_block_refused("expand to depthwise", {"3", "5"}, [](auto& a) {
    a.params.expand.out_channels = 5;
    a.expand = {std::vector<float>(15), {}};
  });
  expect_block_refused("depthwise to project", {"3", "4"}, [](auto& a) {
    a.params.project.in_channels = 4;
    a.project = {std::vector<float>(12), {}};
  });
  expect_block_refused("expand filter", {"expand", "8"}, [](auto& a) { a.expand.filter.resize(8); });
  expect_block_refused("depthwise filter", {"depthwise", "28"}, [](auto& a) { a.depthwise.filter.resize(28); });
  expect_block_refused("project bias", {"project", "2"}, [](auto& a) { a.project.bias.resize(2); });
  expect_block_refused("depthwise stride", {"stride_h", "-1"}, [](auto& a) { a.params.depthwise.stride_h = -1; });

  expect_block_refused("expand's stride", {"expand.stride_h", "2"}, [](auto& a) { a.params.expand.stride_h = 2; });
  expect_block_refused("project's stride", {"project.stride_w", "3"}, [](auto& a) { a.params.project.stride_w = 3; });
  expect_block_refused("a multiplier that the projection does not know", {"6", "3"}, [](auto& a) {
    a.params.depthwise.multiplier = 2;
    a.depthwise = {std::vector<float>(54), {}};
  });

  BlockAttempt separable;
  separable.params.project.in_channels = 4;
  separable.project = {std::vector<float>(12), {}};
  expect_refused("separable", separable.create_separable(), kInvalid, {"3", "4"});
}

TEST(CreateValidationTest, SqueezeAndExciteOfABlock) {
  const reference::Weights nine = {std::vector<float>(9, 1.0F), {}};
  const reference::Weights six = {std::vector<float>(6, 1.0F), {}};
  const reference::Weights filters = {std::vector<float>(27, 1.0F), {}};
  using Params = SqueezeExciteParams;
  // Both blocks, after `spoil`.
  const auto refused = [&](const char* what, const std::vector<std::string>& says,
                           const std::function<void(Params&)>& spoil, const reference::Weights& reduce,
                           const reference::Weights& expand) {
    BlockAttempt attempt;
    Params squeeze{3, 2};
    spoil(squeeze);
    attempt.params.squeeze_excite = squeeze;
    const SeparableParams separable = {attempt.params.depthwise, attempt.params.project, squeeze};
    expect_refused(what, create(attempt.params, nine, filters, {reduce, expand}, nine, "scalar").status(), kInvalid,
                   says);
    expect_refused(what, create(separable, filters, {reduce, expand}, nine, "scalar").status(), kInvalid, says);
  };
  const auto nothing = [](Params&) {};
  BlockAttempt right;
  right.params.squeeze_excite = Params{3, 2};
  EXPECT_TRUE(create(right.params, nine, filters, {six, six}, nine, "scalar").ok());
  refused("channels", {"squeeze_excite.channels", "4", "in_channels", "3"},
          [](Params& p) {
            p.channels = 4;
            p.reduced_channels = 1;
          },
          {std::vector<float>(4), {}}, {std::vector<float>(4), {}});
  refused(
      "reduced channels", {"squeeze_excite.reduced_channels", "0"}, [](Params& p) { p.reduced_channels = 0; }, six,
      six);
  refused("reduce", {"squeeze_excite.reduce.filter", "9", "6"}, nothing, nine, six);
  refused("expand", {"squeeze_excite.expand.filter", "9", "6"}, nothing, six, nine);
  refused(
      "activation", {"squeeze_excite.reduce.activation", "nan"},
      [](Params& p) { p.activation = Activation::clamp(kNan, 0.0F); }, six, six);
  refused(
      "gate", {"squeeze_excite.gate.activation", "1", "0"}, [](Params& p) { p.gate = Activation::clamp(1.0F, 0.0F); },
      six, six);
  refused(
      "type", {"squeeze_excite.src_type", "bf16", "f32"},
      [](Params& p) { set_types(p, {DataType::kBf16}, DataType::kF32); }, six, six);

  expect_refused("no weights", right.create_inverted_residual(), kInvalid, {"squeeze_excite", "gives no weights"});
  right.params.squeeze_excite.reset();
  expect_refused("weights of none", create(right.params, nine, filters, {six, six}, nine, "scalar").status(), kInvalid,
                 {"squeeze_excite", "not set", "gives weights"});
}

TEST(CreateValidationTest, ResidualsOfABlock) {
  expect_block_refused("expand's own", {"residual"}, [](auto& a) { a.params.expand.residual = true; });
  expect_block_refused("depthwise's own", {"residual"}, [](auto& a) { a.params.depthwise.residual = true; });
  expect_block_refused("project's own", {"residual"}, [](auto& a) { a.params.project.residual = true; });
  expect_block_refused("with stride 2", {"residual", "2"},
                       [](auto& a) { a.params.depthwise.stride_h = a.params.depthwise.stride_w = 2; });
  expect_block_refused("with other channels", {"residual", "3", "7"}, [](auto& a) {
    a.params.project.out_channels = 7;
    a.project = {std::vector<float>(21), {}};
  });
  BlockAttempt separable;
  separable.params.depthwise.residual = true;
  expect_refused("separable depthwise's own", separable.create_separable(), kInvalid, {"residual"});
}

TEST(CreateValidationTest, OperatorsWithoutAFilter) {
  ElementwiseParams p;
  expect_refused("elementwise", create(p, "scalar").status(), kInvalid, {"channels", "0"});
  p.channels = 3;
  p.operation = static_cast<ElementwiseOperation>(8);
  expect_refused("elementwise", create(p, "scalar").status(), kInvalid, {"operation 8"});
  p.operation = ElementwiseOperation::kAdd;
  const std::vector<float> two(2);
  p.constants = two;
  expect_refused("elementwise", create(p, "scalar").status(), kInvalid, {"2 constants", "3"});
  p.constants = {nullptr, 3};
  expect_refused("elementwise", create(p, "scalar").status(), kInvalid, {"constants", "null"});
  p.constants = {};
  p.residual_type = DataType::kBf16;
  expect_refused("elementwise", create(p, "scalar").status(), StatusCode::kUnsupported, {"residual_type", "bf16"});
  p.constants = {two.data(), 1};
  EXPECT_TRUE(create(p, "scalar").ok()) << "no residual is read";

  expect_refused("activation", create(ActivationParams{0, {}}, "scalar").status(), kInvalid, {"channels", "0"});
  const std::uint8_t table[256] = {};
  expect_refused("activation", create(ActivationParams{3, {}, {}, {}, table}, "scalar").status(), kInvalid,
                 {"table", "f32"});
  expect_refused("activation", create(ActivationParams{3, Activation::clamp(1.0F, 0.0F)}, "scalar").status(), kInvalid,
                 {"1", "0"});
  expect_refused("softmax", create(SoftmaxParams{0}, "scalar").status(), kInvalid, {"channels", "0"});
  for (const float beta : {0.0F, -1.0F, kNan, std::numeric_limits<float>::infinity()}) {
    expect_refused("softmax", create(SoftmaxParams{3, beta}, "scalar").status(), kInvalid, {"beta"});
  }
  expect_refused("copy", create(CopyParams{0}, "scalar").status(), kInvalid, {"channels", "0"});
  expect_refused("depth to space", create(DepthToSpaceParams{0, 2}, "scalar").status(), kInvalid, {"channels", "0"});
  expect_refused("depth to space", create(DepthToSpaceParams{4, 0}, "scalar").status(), kInvalid, {"block", "0"});
  expect_refused("depth to space", create(DepthToSpaceParams{6, 2}, "scalar").status(), kInvalid, {"6", "2"});
  const DepthToSpaceParams mode = {4, 2, static_cast<DepthToSpaceMode>(2)};
  expect_refused("depth to space", create(mode, "scalar").status(), kInvalid, {"mode 2"});
}

TEST(CreateValidationTest, Isas) {
  const Conv2dAttempt a;
  const Status unknown = Operator::conv2d(a.params, a.weights, {"bogus"}).status();
  expect_refused("unknown ISA", unknown, StatusCode::kUnknownIsa, {"bogus", "scalar"});
  for (const IsaInfo& isa : isas()) {
    expect_refused("unknown ISA", unknown, StatusCode::kUnknownIsa, {isa.name});
    const Status status = Operator::conv2d(a.params, a.weights, {isa.name}).status();
    if (isa.available) {
      EXPECT_TRUE(status.ok()) << status.message();
    } else {
      expect_refused("unavailable ISA", status, StatusCode::kUnavailableIsa, {isa.name, "scalar"});
    }
  }
}

}  // namespace
}  // namespace tandem::test
