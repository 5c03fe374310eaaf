// Quantised operators without weights, on every ISA: every output equals the formula of params.hpp, bit by bit.
#include <algorithm>
#include <cmath>

#include "int8_tensor.hpp"
#include "src/plan/window.hpp"
#include "tests/current_case.hpp"
#include "tests/isas.hpp"
#include "tests/refusal.hpp"

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

std::int64_t random_channels(Random& random, const std::string& isa) {
  const std::int64_t lanes = vector_floats(isa);
  return random.coin() ? random.integer(1, 20) : lanes * random.integer(1, 5) + random.integer(0, 2);
}

// From a real number in units of the scale of dst.
std::int32_t end_of(float real, const TensorType& dst, const Activation& activation) {
  const double lo = least(dst.type);
  const Quantization& q = dst.quantization;
  const auto bound = [&](float b) {
    return std::clamp(static_cast<double>(std::nearbyint(b / q.scale)) + q.zero_point, lo, lo + 255.0);
  };
  const double integer = static_cast<double>(std::nearbyint(real)) + q.zero_point;
  return static_cast<std::int32_t>(std::clamp(integer, bound(activation.lo), bound(activation.hi)));
}

class Int8OperandsTest : public testing::TestWithParam<std::string> {};

float operate(ElementwiseOperation operation, float x, float y) {
  switch (operation) {
    case ElementwiseOperation::kAdd:
      return x + y;
    case ElementwiseOperation::kSubtract:
      return x - y;
    case ElementwiseOperation::kSubtractFrom:
      return y - x;
    case ElementwiseOperation::kMaximum:
      return std::max(x, y);
    default:
      return std::min(x, y);
  }
}

TEST_P(Int8OperandsTest, Elementwise) {
  for (const std::uint64_t seed : sweep(300).seeds()) {
    Random random(seed);
    const DataType type = random_data_type(random);
    ElementwiseParams p;
    p.src_type = random_type(random, type);
    p.dst_type = random_type(random, type);
    p.residual_type = random_type(random, type);
    p.activation = random_clamp(random);
    p.operation =
        random.pick({ElementwiseOperation::kAdd, ElementwiseOperation::kSubtract, ElementwiseOperation::kSubtractFrom,
                     ElementwiseOperation::kMultiply, ElementwiseOperation::kMaximum, ElementwiseOperation::kMinimum});
    if (random.coin()) p.broadcast = {random.coin(), random.coin(), random.coin(), random.coin()};
    const Shape shape{random.integer(1, 2), random.integer(1, 4), random.integer(1, 5),
                      random_channels(random, GetParam())};
    p.channels = static_cast<std::int32_t>(shape.c);
    const auto size = [](bool single, std::int64_t all) { return single ? std::int64_t{1} : all; };
    const Shape of_b{size(p.broadcast.n, shape.n), size(p.broadcast.h, shape.h), size(p.broadcast.w, shape.w),
                     size(p.broadcast.c, shape.c)};
    const CurrentCase current(text("seed ", seed, " on ", GetParam()));
    const Tensor a = random_tensor(random, shape, p.src_type);
    const Tensor b = random_tensor(random, of_b, p.residual_type);
    Tensor expected = random_tensor(random, shape, p.dst_type);
    std::size_t i = 0;
    for (std::int64_t n = 0; n < shape.n; ++n) {
      for (std::int64_t y = 0; y < shape.h; ++y) {
        for (std::int64_t x = 0; x < shape.w; ++x) {
          for (std::int64_t c = 0; c < shape.c; ++c, ++i) {
            const std::int32_t second =
                b.at(p.broadcast.n ? 0 : n, p.broadcast.h ? 0 : y, p.broadcast.w ? 0 : x, p.broadcast.c ? 0 : c) -
                p.residual_type.quantization.zero_point;
            const std::int32_t first = a.values[i] - p.src_type.quantization.zero_point;
            const float scale = p.dst_type.quantization.scale;
            const float both = p.src_type.quantization.scale * p.residual_type.quantization.scale;
            const float of_first = p.src_type.quantization.scale / scale;
            const float of_second = p.residual_type.quantization.scale / scale;
            const float left = static_cast<float>(first) * of_first;
            const float right = static_cast<float>(second) * of_second;
            const float product = static_cast<float>(first * second) * (both / scale);
            const float real =
                p.operation == ElementwiseOperation::kMultiply ? product : operate(p.operation, left, right);
            expected.values[i] = end_of(real, p.dst_type, p.activation);
          }
        }
      }
    }
    const Result<Operator> op = Operator::elementwise(p, {GetParam().c_str()});
    ASSERT_TRUE(op.ok()) << op.status().message();
    expect_run(*op, a, &b, expected, random);
    if (HasFatalFailure()) return;
  }
}

// All that is windows over pixels: the greatest, or the sum and the divisor.
template <class Params>
void expect_pool(const Params& p, bool average, bool counts_padding, const Result<Operator>& op, const Tensor& src,
                 Random& random) {
  ASSERT_TRUE(op.ok()) << op.status().message();
  const internal::WindowedSize size = *internal::resolve_window(internal::window_of(p), src.shape.h, src.shape.w);
  Tensor expected = random_tensor(random, {src.shape.n, size.out_h, size.out_w, src.shape.c}, p.dst_type);
  const bool bounded = p.padding.mode == Padding::Mode::kExplicit;
  std::size_t i = 0;
  for (std::int64_t n = 0; n < expected.shape.n; ++n) {
    for (std::int64_t oy = 0; oy < size.out_h; ++oy) {
      for (std::int64_t ox = 0; ox < size.out_w; ++ox) {
        for (std::int64_t c = 0; c < expected.shape.c; ++c, ++i) {
          std::int64_t sum = 0;
          std::int64_t counted = 0;
          float most = -INFINITY;
          for (std::int64_t ky = 0; ky < p.kernel_h; ++ky) {
            for (std::int64_t kx = 0; kx < p.kernel_w; ++kx) {
              const std::int64_t y = oy * p.stride_h - size.pad_top + ky * p.dilation_h;
              const std::int64_t x = ox * p.stride_w - size.pad_left + kx * p.dilation_w;
              const bool inside = y >= 0 && y < src.shape.h && x >= 0 && x < src.shape.w;
              const bool in_padding =
                  !bounded || (y < src.shape.h + p.padding.bottom && x < src.shape.w + p.padding.right);
              counted += inside || (counts_padding && in_padding) ? 1 : 0;
              if (!inside) continue;
              const std::int32_t value = src.at(n, y, x, c) - p.src_type.quantization.zero_point;
              sum += value;
              most = std::max(most, static_cast<float>(value));
            }
          }
          const float share = counted == 0 ? 0.0F : 1.0F / static_cast<float>(counted);
          const float quotient = p.src_type.quantization.scale / p.dst_type.quantization.scale;
          expected.values[i] =
              end_of(average ? static_cast<float>(sum) * (quotient * share) : most, p.dst_type, p.activation);
        }
      }
    }
  }
  expect_run(*op, src, nullptr, expected, random);
}

template <class Params>
Params random_pool(Random& random, const Shape& shape) {
  Params p;
  p.channels = static_cast<std::int32_t>(shape.c);
  p.kernel_h = random.size(1, static_cast<std::int32_t>(std::min<std::int64_t>(shape.h, 4)));
  p.kernel_w = random.size(1, static_cast<std::int32_t>(std::min<std::int64_t>(shape.w, 4)));
  p.stride_h = random.size(1, 3);
  p.stride_w = random.size(1, 3);
  p.padding = random.coin()
                  ? Padding::same()
                  : Padding::explicit_sides(random.size(0, 2), random.size(0, 2), random.size(0, 2), random.size(0, 2));
  p.activation = random_clamp(random);
  p.src_type = random_type(random, random_data_type(random));
  p.dst_type = p.src_type;
  return p;
}

TEST_P(Int8OperandsTest, Pools) {
  for (const std::uint64_t seed : sweep(300).seeds()) {
    Random random(seed);
    const Shape shape{random.integer(1, 2), random.integer(1, 8), random.integer(1, 8),
                      random_channels(random, GetParam())};
    const CurrentCase current(text("seed ", seed, " on ", GetParam()));
    if (random.coin()) {
      const auto p = random_pool<MaxPoolParams>(random, shape);
      expect_pool(p, false, false, Operator::max_pool(p, {GetParam().c_str()}),
                  random_tensor(random, shape, p.src_type), random);
    } else {
      auto p = random_pool<AveragePoolParams>(random, shape);
      p.count_include_pad = random.coin();
      if (random.coin()) p.dst_type = random_type(random, p.src_type.type);
      expect_pool(p, true, p.count_include_pad, Operator::average_pool(p, {GetParam().c_str()}),
                  random_tensor(random, shape, p.src_type), random);
    }
    if (HasFatalFailure()) return;
  }
}

TEST_P(Int8OperandsTest, GlobalAveragePool) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    const Shape shape{random.integer(1, 2), random.integer(1, 9), random.integer(1, 9),
                      random_channels(random, GetParam())};
    const CurrentCase current(text("seed ", seed, " on ", GetParam()));
    AveragePoolParams window;  // of the whole image
    window.kernel_h = static_cast<std::int32_t>(shape.h);
    window.kernel_w = static_cast<std::int32_t>(shape.w);
    window.padding = Padding::valid();
    window.src_type = random_type(random, random_data_type(random));
    window.dst_type = random_type(random, window.src_type.type);
    window.activation = random_clamp(random);
    const Tensor src = random_tensor(random, shape, window.src_type);
    const GlobalAveragePoolParams p{static_cast<std::int32_t>(shape.c), window.activation, window.src_type,
                                    window.dst_type};
    expect_pool(window, true, false, Operator::global_average_pool(p, {GetParam().c_str()}), src, random);
    if (HasFatalFailure()) return;
  }
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
      const CurrentCase current(text("function ", static_cast<int>(function.activation.kind), " of ", to_string(type)));
      ActivationParams p{13, function.activation, random_type(random, type), random_type(random, type)};
      Tensor src{{1, 4, 5, 13}, p.src_type, {}, 0};
      for (std::int32_t i = 0; i < 260; ++i) src.values.push_back(least(type) + i % 256);
      const Result<Operator> op = Operator::activation(p, {GetParam().c_str()});
      ASSERT_TRUE(op.ok()) << op.status().message();
      const Result<Plan> plan = op->plan(src.shape);
      ASSERT_TRUE(plan.ok());
      std::vector<std::byte> bytes = stored(src);
      RunArgs args;
      args.src = bytes.data();
      args.dst = bytes.data();  // in place
      ASSERT_TRUE(plan->run(args).ok());
      Tensor expected{src.shape, p.dst_type, {}, 0};
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const long double x = static_cast<long double>(p.src_type.quantization.scale) *
                              (src.values[i] - p.src_type.quantization.zero_point);
        const long double steps = function.value(x) / static_cast<long double>(p.dst_type.quantization.scale) +
                                  p.dst_type.quantization.zero_point;
        const long double lo = least(type);
        const std::int32_t got =
            type == DataType::kU8 ? static_cast<std::uint8_t>(bytes[i]) : static_cast<std::int8_t>(bytes[i]);
        // The function and the quotient are computed in fp32: a tie may fall to either side.
        ASSERT_LE(std::abs(static_cast<long double>(got) - std::clamp(steps, lo, lo + 255.0L)), 0.5001L)
            << "x is " << static_cast<double>(x);
        expected.values.push_back(got);
      }
      src.gap = 3;  // with gaps between pixels, and not in place
      expect_run(*op, src, nullptr, expected, random);
    }
  }
}

TEST_P(Int8OperandsTest, ActivationsAreTheSameOnEveryIsa) {
  const TensorType type{DataType::kU8, {0.05F, 100}};
  std::vector<std::byte> src(256);
  for (std::size_t i = 0; i < src.size(); ++i) src[i] = static_cast<std::byte>(i);
  const auto outputs = [&](const char* isa) {
    std::vector<std::byte> dst(src.size());
    const Result<Operator> op = Operator::activation({16, Activation::silu(), type, type}, {isa});
    RunArgs args;
    args.src = src.data();
    args.dst = dst.data();
    EXPECT_TRUE(op.ok() && op->plan({1, 4, 4, 16})->run(args).ok());
    return dst;
  };
  EXPECT_EQ(outputs(GetParam().c_str()), outputs("scalar"));
}

// Element (n, y, x, c) of the output is source(n, y, x, c) of the input.
template <class Source>
void expect_moved(const Result<Operator>& op, const Tensor& src, Tensor expected, Random& random,
                  const Source& source) {
  ASSERT_TRUE(op.ok()) << op.status().message();
  std::size_t i = 0;
  for (std::int64_t n = 0; n < expected.shape.n; ++n) {
    for (std::int64_t y = 0; y < expected.shape.h; ++y) {
      for (std::int64_t x = 0; x < expected.shape.w; ++x) {
        for (std::int64_t c = 0; c < expected.shape.c; ++c, ++i) expected.values[i] = source(n, y, x, c);
      }
    }
  }
  expect_run(*op, src, nullptr, expected, random);
}

TEST_P(Int8OperandsTest, Moves) {
  const CreateOptions options{GetParam().c_str()};
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    const CurrentCase current(text("seed ", seed, " on ", GetParam()));
    const TensorType type = random_type(random, random_data_type(random));
    const Shape shape{random.integer(1, 2), random.integer(1, 7), random.integer(1, 7),
                      random_channels(random, GetParam())};
    const auto channels = static_cast<std::int32_t>(shape.c);
    const Tensor src = random_tensor(random, shape, type);
    expect_moved(Operator::copy({channels, type}, options), src, random_tensor(random, shape, type), random,
                 [&](auto n, auto y, auto x, auto c) { return src.at(n, y, x, c); });

    const auto block = random.size(2, 3);
    const DepthToSpaceMode mode = random.pick({DepthToSpaceMode::kDcr, DepthToSpaceMode::kCrd});
    const Tensor deep = random_tensor(random, {shape.n, shape.h, shape.w, shape.c * block * block}, type);
    expect_moved(Operator::depth_to_space({channels * block * block, block, mode, type}, options), deep,
                 random_tensor(random, {shape.n, shape.h * block, shape.w * block, shape.c}, type), random,
                 [&](auto n, auto y, auto x, auto c) {
                   const auto member = y % block * block + x % block;
                   const auto channel =
                       mode == DepthToSpaceMode::kDcr ? member * shape.c + c : c * block * block + member;
                   return deep.at(n, y / block, x / block, channel);
                 });

    ResizeParams resize;
    resize.channels = channels;
    resize.coordinates = CoordinateMode::kAsymmetric;
    resize.rounding = NearestRounding::kFloor;
    resize.scale_h = resize.scale_w = 2.0F;
    resize.src_type = resize.dst_type = type;
    expect_moved(Operator::resize(resize, options), src,
                 random_tensor(random, {shape.n, shape.h * 2, shape.w * 2, shape.c}, type), random,
                 [&](auto n, auto y, auto x, auto c) { return src.at(n, y / 2, x / 2, c); });
    if (HasFatalFailure()) return;
  }
}

TEST_P(Int8OperandsTest, LayoutConversions) {
  const CreateOptions options{GetParam().c_str()};
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    const CurrentCase current(text("seed ", seed, " on ", GetParam()));
    const TensorType type = random_type(random, random_data_type(random));
    const Shape shape{random.integer(1, 2), random.integer(1, 12), random.integer(1, 12),
                      random_channels(random, GetParam())};
    Tensor nhwc = random_tensor(random, shape, type);
    Tensor nchw{shape, type, nhwc.values, 0};
    std::size_t i = 0;
    for (std::int64_t n = 0; n < shape.n; ++n) {
      for (std::int64_t c = 0; c < shape.c; ++c) {
        for (std::int64_t y = 0; y < shape.h; ++y) {
          for (std::int64_t x = 0; x < shape.w; ++x) nchw.values[i++] = nhwc.at(n, y, x, c);
        }
      }
    }
    const auto channels = static_cast<std::int32_t>(shape.c);
    const Result<Operator> to = Operator::convert_layout({channels, LayoutConversion::kNhwcToNchw, type}, options);
    const Result<Operator> from = Operator::convert_layout({channels, LayoutConversion::kNchwToNhwc, type}, options);
    ASSERT_TRUE(to.ok() && from.ok()) << to.status().message() << from.status().message();
    const auto run = [&](const Operator& op, const Tensor& src, const Tensor& expected, const PixelStrides& strides) {
      const Result<Plan> plan = op.plan(shape, {.strides = strides});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      for (const Placement placement : kPlacements) {
        const GuardedInput in("src", stored(src), placement, 1);
        GuardedBuffer out("dst", static_cast<std::size_t>(expected.bytes()), placement, 1);
        std::memset(out.data(), static_cast<int>(kGap), out.bytes());
        RunArgs args;
        args.src = in.data();
        args.dst = out.data();
        ASSERT_TRUE(plan->run(args).ok());
        EXPECT_TRUE(out.intact());
        ASSERT_EQ(std::memcmp(out.data(), stored(expected).data(), out.bytes()), 0);
      }
    };
    run(*to, nhwc, nchw, {nhwc.stride(), 0, 0});
    run(*from, nchw, nhwc, {0, nhwc.stride(), 0});
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8OperandsTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

TEST(Int8OperandsRefusalTest, WhatCreateRefuses) {
  constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
  const TensorType u8{DataType::kU8, {0.5F, 3}};
  const TensorType s8{DataType::kS8, {0.5F, 3}};
  ElementwiseParams good;
  good.channels = 4;
  good.src_type = good.dst_type = good.residual_type = u8;
  ASSERT_TRUE(Operator::elementwise(good).ok());
  const auto refuse = [&](const char* what, StatusCode code, const std::vector<std::string>& says, const auto& change) {
    ElementwiseParams p = good;
    change(p);
    expect_refused(what, Operator::elementwise(p).status(), code, says);
  };
  refuse("types", kUnsupported, {"src_type", "u8", "s8"}, [&](auto& p) { p.dst_type = s8; });
  refuse("a residual", kUnsupported, {"residual_type", "s8", "u8"}, [&](auto& p) { p.residual_type = s8; });
  refuse("a scale", StatusCode::kInvalidArgument, {"residual_type", "scale -1"},
         [&](auto& p) { p.residual_type.quantization.scale = -1.0F; });
  refuse("a division", kUnsupported, {"operation is 4", "u8"},
         [](auto& p) { p.operation = ElementwiseOperation::kDivide; });
  const float two = 2.0F;
  refuse("constants", kUnsupported, {"1 constants"}, [&](auto& p) { p.constants = {&two, 1}; });
  refuse("a function", kUnsupported, {"activation"}, [](auto& p) { p.activation = Activation::silu(); });
  refuse("scales", StatusCode::kOutOfRange, {"1e+30", "src", "1e-30"}, [](auto& p) {
    p.src_type.quantization.scale = 1e30F;
    p.dst_type.quantization.scale = 1e-30F;
  });

  MaxPoolParams pool;
  pool.channels = 4;
  pool.src_type = u8;
  pool.dst_type = {DataType::kU8, {0.25F, 3}};
  expect_refused("a pool", Operator::max_pool(pool).status(), kUnsupported, {"0.5", "0.25"});
  const std::vector<float> slopes(4, 0.1F);
  expect_refused("slopes", Operator::activation({4, Activation::prelu(slopes), u8, u8}).status(), kUnsupported,
                 {"4 channels", "u8"});
  ResizeParams resize;
  resize.channels = 4;
  resize.output_h = resize.output_w = 3;
  resize.mode = ResizeMode::kLinear;
  resize.src_type = resize.dst_type = u8;
  expect_refused("linear", Operator::resize(resize).status(), kUnsupported, {"u8"});
  const Result<Operator> mean = Operator::global_average_pool({4, {}, u8, u8});
  ASSERT_TRUE(mean.ok());
  expect_refused("pixels", mean->output_shape({1, 1 << 12, 1 << 12, 4}).status(), StatusCode::kOutOfRange,
                 {"16777216", "8421504"});
}

}  // namespace
}  // namespace tandem::test::int8
