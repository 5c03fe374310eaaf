// Quantised operators without weights, on every ISA: every output equals the formula of params.hpp, bit by bit, however the
// operator is run.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "operand_reference.hpp"
#include "quantised_end.hpp"
#include "tests/current_case.hpp"
#include "tests/isas.hpp"
#include "tests/layer_check.hpp"
#include "tests/operator_check.hpp"
#include "tests/printers.hpp"

namespace tandem::test::int8 {
namespace {

TensorType random_type(Random& random, DataType type) {
  const float scale = random.integer(0, 2) == 0 ? 0.0625F : 0.01F + 0.05F * std::abs(random.value());
  return {type, {scale, random.size(0, 255) + least(type)}};
}

DataType random_data_type(Random& random) { return random.coin() ? DataType::kU8 : DataType::kS8; }

Activation random_clamp(Random& random) {
  return random.coin() ? Activation::none() : random.pick({Activation::relu(), Activation::relu6()});
}

Rounding random_rounding(Random& random) {
  return random.pick({Rounding::kNearestEven, Rounding::kTfliteSingle, Rounding::kTfliteDouble});
}

Shape random_shape(Random& random, const std::string& isa, std::int64_t most_pixels) {
  const std::int64_t lanes = vector_floats(isa);
  const std::int64_t channels =
      random.coin() ? random.integer(1, 20) : lanes * random.integer(1, 5) + random.integer(0, 2);
  return {random.integer(1, 2), random.integer(1, most_pixels), random.integer(1, most_pixels), channels};
}

std::vector<float> random_integers(Random& random, const Shape& shape, DataType type) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (float& v : values) v = static_cast<float>(least(type) + random.size(0, 255));
  return values;
}

// The operator on src and, if it takes one, on a random residual.
void expect_formula(const AnyParams& params, const Shape& input, std::vector<float> src, const std::string& isa,
                    Random& random, const ComputeReference& formula) {
  const CurrentCase described(text(params, " on ", input, " by ", isa));
  Expectation e;
  e.input = input;
  e.type = tensor_type(params);
  e.src = std::move(src);
  reference::Tensor residual;
  if (takes_residual(params)) {
    e.residual_shape = residual_shape(params, input);
    e.residual = random_integers(random, e.residual_shape, e.type);
    residual = reference::exact(e.residual_shape, e.residual);
  }
  e.output = formula(reference::exact(input, e.src), &residual);
  expect_operator([&](Placement) { return create(params, {}, {isa.c_str()}); }, e);
}

void expect_formula(const AnyParams& params, const Shape& input, const std::string& isa, Random& random,
                    const ComputeReference& formula) {
  expect_formula(params, input, random_integers(random, input, tensor_type(params)), isa, random, formula);
}

reference::Tensor quantised_max_pool(const MaxPoolParams& p, const reference::Tensor& src) {
  MaxPoolParams real = p;
  real.activation = Activation::none();
  real.src_type = real.dst_type = DataType::kF32;
  return ended(reference::max_pool(real, scaled(src, p.src_type)), QuantisedEnd(p.dst_type, p.activation));
}

class Int8OperandsTest : public testing::TestWithParam<std::string> {
 protected:
  // Calls body(random) for each seed until one fails.
  template <class Body>
  void sweep_seeds(int count, const Body& body) {
    for (const std::uint64_t seed : sweep(count).seeds()) {
      Random random(seed);
      const CurrentCase current(text("seed ", seed));
      body(random);
      if (HasFailure()) return;
    }
  }
};

TEST_P(Int8OperandsTest, Elementwise) {
  sweep_seeds(300, [](Random& random) {
    const DataType type = random_data_type(random);
    const Shape shape = random_shape(random, GetParam(), 5);
    ElementwiseParams p;
    p.channels = static_cast<std::int32_t>(shape.c);
    p.src_type = random_type(random, type);
    p.dst_type = random_type(random, type);
    p.residual_type = random_type(random, type);
    p.activation = random_clamp(random);
    p.operation =
        random.pick({ElementwiseOperation::kAdd, ElementwiseOperation::kSubtract, ElementwiseOperation::kSubtractFrom,
                     ElementwiseOperation::kMultiply, ElementwiseOperation::kMaximum, ElementwiseOperation::kMinimum});
    if (random.coin()) p.broadcast = {random.coin(), random.coin(), random.coin(), random.coin()};
    p.rounding = random_rounding(random);
    expect_formula(p, shape, GetParam(), random,
                   [&](const auto& src, const auto* residual) { return quantised_elementwise(p, src, *residual); });
  });
}

template <class Params>
Params random_pool(Random& random, const Shape& shape) {
  Params p;
  p.channels = static_cast<std::int32_t>(shape.c);
  p.kernel_h = random.size(1, static_cast<std::int32_t>(std::min<std::int64_t>(shape.h, 4)));
  p.kernel_w = random.size(1, static_cast<std::int32_t>(std::min<std::int64_t>(shape.w, 4)));
  p.stride_h = random.size(1, 3);
  p.stride_w = random.size(1, 3);
  p.ceil_mode = random.coin();
  p.padding = random.coin()
                  ? Padding::same()
                  : Padding::explicit_sides(random.size(0, 2), random.size(0, 2), random.size(0, 2), random.size(0, 2));
  p.activation = random_clamp(random);
  p.src_type = random_type(random, random_data_type(random));
  p.dst_type = p.src_type;
  return p;
}

TEST_P(Int8OperandsTest, MaxPool) {
  sweep_seeds(150, [](Random& random) {
    const Shape shape = random_shape(random, GetParam(), 8);
    const auto p = random_pool<MaxPoolParams>(random, shape);
    expect_formula(p, shape, GetParam(), random,
                   [&](const auto& src, const auto*) { return quantised_max_pool(p, src); });
  });
}

TEST_P(Int8OperandsTest, AveragePool) {
  sweep_seeds(300, [](Random& random) {
    const Shape shape = random_shape(random, GetParam(), 8);
    auto p = random_pool<AveragePoolParams>(random, shape);
    p.count_include_pad = random.coin();
    const bool plain = random.coin();
    if (!plain) p.dst_type = random_type(random, p.src_type.type);
    p.rounding = random_rounding(random);
    expect_formula(p, shape, GetParam(), random,
                   [&](const auto& src, const auto*) { return quantised_average_pool(p, src, plain); });
  });
}

TEST_P(Int8OperandsTest, GlobalAveragePool) {
  sweep_seeds(200, [](Random& random) {
    const Shape shape = random_shape(random, GetParam(), 9);
    AveragePoolParams window;  // of the whole image
    window.kernel_h = static_cast<std::int32_t>(shape.h);
    window.kernel_w = static_cast<std::int32_t>(shape.w);
    window.padding = Padding::valid();
    window.src_type = random_type(random, random_data_type(random));
    window.dst_type = random_type(random, window.src_type.type);
    if (random.coin()) window.dst_type = window.src_type;
    window.activation = random_clamp(random);
    window.rounding = random_rounding(random);
    const GlobalAveragePoolParams p{static_cast<std::int32_t>(shape.c), window.activation, window.src_type,
                                    window.dst_type, window.rounding};
    expect_formula(p, shape, GetParam(), random,
                   [&](const auto& src, const auto*) { return quantised_average_pool(window, src, false); });
  });
}

// A table is right if each element is the nearest integer to the function's value.
TEST_P(Int8OperandsTest, Activations) {
  const float slope = 0.3F;
  const float scale = 1.7F;
  const float shift = -0.2F;
  Activation affine = Activation::hard_swish();
  affine.scale = {&scale, 1};
  affine.shift = {&shift, 1};
  struct Function {
    Activation activation;
    long double (*value)(long double);
  };
  const Function functions[] = {
      {Activation::sigmoid(), [](long double x) { return 1.0L / (1.0L + std::exp(-x)); }},
      {Activation::silu(), [](long double x) { return x / (1.0L + std::exp(-x)); }},
      {Activation::tanh(), [](long double x) { return std::tanh(x); }},
      {Activation::hard_swish(), [](long double x) { return x * std::clamp(x / 6.0L + 0.5L, 0.0L, 1.0L); }},
      {Activation::relu6(), [](long double x) { return std::clamp(x, 0.0L, 6.0L); }},
      {Activation::leaky_relu(slope), [](long double x) { return x < 0.0L ? x * 0.3L : x; }},
      {Activation::gelu(), [](long double x) { return x * 0.5L * std::erfc(-x / std::sqrt(2.0L)); }},
      {affine, [](long double x) { return 1.7L * x * std::clamp(x / 6.0L + 0.5L, 0.0L, 1.0L) - 0.2L; }},
  };
  Random random(5);
  for (const Function& function : functions) {
    for (const DataType type : {DataType::kU8, DataType::kS8}) {
      const ActivationParams p{13, function.activation, random_type(random, type), random_type(random, type)};
      std::vector<float> src;
      for (std::int32_t i = 0; i < 260; ++i) src.push_back(static_cast<float>(least(type) + i % 256));
      expect_formula(p, {1, 4, 5, 13}, src, GetParam(), random, [&](reference::Tensor t, const auto*) {
        t = looked_up(std::move(t), p.src_type, p.dst_type, function.value);
        // The function and the quotient are computed in fp32: a tie may fall to either side.
        std::fill(t.bound.begin(), t.bound.end(), 0.5001);
        return t;
      });
    }
  }
}

// Runs in place: dst is src.
TEST_P(Int8OperandsTest, ActivationsAreTheSameOnEveryIsa) {
  const TensorType type{DataType::kU8, {0.05F, 100}};
  const auto outputs = [&](const char* isa) {
    std::vector<std::byte> elements(256);
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<std::byte>(i);
    const Result<Operator> op = Operator::activation({16, Activation::silu(), type, type}, {isa});
    RunArgs args;
    args.src = elements.data();
    args.dst = elements.data();
    EXPECT_TRUE(op.ok() && op->plan({1, 4, 4, 16})->run(args).ok());
    return elements;
  };
  EXPECT_EQ(outputs(GetParam().c_str()), outputs("scalar"));
}

TEST_P(Int8OperandsTest, TablesOfTheCaller) {
  Random random(6);
  for (const DataType type : {DataType::kU8, DataType::kS8}) {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::uint8_t>(i * 37 + 11);
    ActivationParams p{13, {}, random_type(random, type), random_type(random, type)};
    p.table = table.data();
    std::vector<float> src;
    for (std::int32_t i = 0; i < 260; ++i) src.push_back(static_cast<float>(least(type) + i % 256));
    expect_formula(p, {1, 4, 5, 13}, src, GetParam(), random, [&](reference::Tensor t, const auto*) {
      for (double& x : t.value) {
        const std::uint8_t y = table[static_cast<std::uint8_t>(static_cast<std::int32_t>(x))];
        x = type == DataType::kU8 ? y : static_cast<std::int8_t>(y);
      }
      return t;
    });
  }
}

TEST_P(Int8OperandsTest, Moves) {
  sweep_seeds(100, [](Random& random) {
    const TensorType type = random_type(random, random_data_type(random));
    const Shape shape = random_shape(random, GetParam(), 12);
    const auto channels = static_cast<std::int32_t>(shape.c);
    const auto expect_moved = [&](const AnyParams& params, const Shape& input) {
      expect_formula(params, input, GetParam(), random,
                     [&](const auto& src, const auto*) { return compute(params, {}, src, nullptr); });
    };
    expect_moved(CopyParams{channels, type}, shape);
    expect_moved(ConvertLayoutParams{channels, LayoutConversion::kNhwcToNchw, type}, shape);
    expect_moved(ConvertLayoutParams{channels, LayoutConversion::kNchwToNhwc, type}, shape);

    const auto block = random.size(2, 3);
    const DepthToSpaceMode mode = random.pick({DepthToSpaceMode::kDcr, DepthToSpaceMode::kCrd});
    const DepthToSpaceParams deep{channels * block * block, block, mode, type};
    expect_moved(deep, {shape.n, shape.h, shape.w, deep.channels});

    ResizeParams resize;
    resize.channels = channels;
    resize.coordinates = CoordinateMode::kAsymmetric;
    resize.rounding = NearestRounding::kFloor;
    resize.scale_h = resize.scale_w = random.pick({2.0F, 2.0F, 0.5F, 1.7F});
    resize.src_type = resize.dst_type = type;
    if (reference::output_shape(resize, shape).elements() > 0) expect_moved(resize, shape);
  });
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8OperandsTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test::int8
