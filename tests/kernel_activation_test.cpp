// The activations over the whole range of floats: how far from the exact value, and what becomes of the special ones.
//
// A product of no terms is its bias, so that a panel's bias goes through the epilogue as it is, -0 too.
#include <algorithm>
#include <limits>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"
#include "tandem/activation.hpp"

namespace tandem::test {
namespace {

using kernels::Epilogue;
using kernels::Function;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Epilogue epilogue(Function function, float alpha = 0.0F, float beta = 0.0F, const float* slopes = nullptr) {
  return {-kInf, kInf, function, false, alpha, beta, slopes};
}

/// Distance in units in the last place of the exact value, of which the smallest is the smallest denormal.
double ulps(float got, double exact) {
  const double a = std::abs(exact);
  const int exponent = a < 0x1p-126 ? -126 : std::ilogb(a);
  return std::abs(static_cast<double>(got) - exact) / std::ldexp(1.0, exponent - 23);
}

double sigmoid(double x) { return x < 0 ? std::exp(x) / (1.0 + std::exp(x)) : 1.0 / (1.0 + std::exp(-x)); }

class ActivationKernelTest : public KernelTest {
 protected:
  /// f of as many values as a panel of two vectors has columns, or fewer that need both; the same in each row.
  std::vector<float> apply(const Epilogue& e, const std::vector<float>& values, std::int64_t rows = 1) const {
    const auto columns = static_cast<std::int64_t>(values.size());
    const std::int64_t count = rows * columns;
    const float nothing = 0.0F;
    std::vector<float> bias = values;
    bias.resize(panel());
    std::vector<std::byte> out(static_cast<std::size_t>(bytes(count)));
    kernels::GemmArgs args{};
    args.rows = rows;
    args.a.data = &nothing;
    args.panel = {&nothing, bias.data(), 2, static_cast<std::int32_t>(columns)};
    args.c = {out.data(), static_cast<std::ptrdiff_t>(bytes(columns))};
    args.epilogue = e;
    table().gemm_tile(2).function(args);
    std::vector<float> widened;
    for (std::int64_t i = 0; i < count; ++i) {
      widened.push_back(element_value(tensor(), element_at(tensor(), out.data(), i)));
    }
    return widened;
  }

  std::vector<float> apply_to_all(const Epilogue& e, float value) const {
    return apply(e, std::vector<float>(panel(), value));
  }
  [[nodiscard]] std::size_t panel() const { return 2 * static_cast<std::size_t>(table().lanes); }

  /// Every n-th float, all exponents and both signs among them: TANDEM_TEST_COUNT of them, 2^32 for all.
  template <class Exact>
  void expect_within(double most, const Epilogue& e, const Exact& exact) const {
    const auto samples = static_cast<std::uint64_t>(sweep(1 << 20).count);
    const std::uint64_t step = std::max<std::uint64_t>((std::uint64_t{1} << 32U) / samples, 1) | 1U;
    double worst = 0.0;
    float worst_at = 0.0F;
    std::vector<float> values;
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32U; bits += step) {
      const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
      if (!std::isfinite(x)) continue;
      values.push_back(x);
      if (values.size() < panel()) continue;
      const std::vector<float> got = apply(e, values);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double off = ulps(got[i], exact(static_cast<double>(values[i])));
        if (off <= worst) continue;
        worst = off;
        worst_at = values[i];
      }
      values.clear();
    }
    RecordProperty("worst_ulp", std::to_string(worst));
    EXPECT_LE(worst, most) << "at " << worst_at;
  }

  /// In every lane the bits of `expected`.
  void expect_exactly(const Epilogue& e, float x, float expected) const {
    for (const float y : apply_to_all(e, x)) {
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(y)) << y << " of " << x;
      } else {
        ASSERT_TRUE(same_bits(y, expected)) << y << " instead of " << expected << " of " << x;
      }
    }
  }
};

TEST_P(ActivationKernelTest, SigmoidIsWithinTwoAndAHalfUlp) {
  expect_within(2.5, epilogue(Function::kSigmoid), sigmoid);
}

TEST_P(ActivationKernelTest, SiluIsWithinThreeAndAHalfUlp) {
  expect_within(3.5, epilogue(Function::kSilu), [](double x) { return x * sigmoid(x); });
}

TEST_P(ActivationKernelTest, TanhIsWithinTwoAndAHalfUlp) {
  expect_within(2.5, epilogue(Function::kTanh), [](double x) { return std::tanh(x); });
}

TEST_P(ActivationKernelTest, GeluIsWithinEightUlp) {
  expect_within(8.0, epilogue(Function::kGelu), [](double x) { return x * 0.5 * std::erfc(-x * std::sqrt(0.5)); });
}

TEST_P(ActivationKernelTest, GeluTanhIsWithinFiveUlp) {
  const double factor = std::sqrt(8.0 / std::acos(-1.0));
  expect_within(5.0, epilogue(Function::kGeluTanh),
                [=](double x) { return x * sigmoid(factor * (x + 0.044715 * x * x * x)); });
}

TEST_P(ActivationKernelTest, LeakyReluAndPreluAreTheNearestFloat) {
  const auto leaky = [](double x) { return x < 0 ? static_cast<double>(0.3F) * x : x; };
  expect_within(0.5, epilogue(Function::kLeakyRelu, 0.3F), leaky);
  const std::vector<float> slopes(panel(), 0.3F);
  expect_within(0.5, epilogue(Function::kPrelu, 0.0F, 0.0F, slopes.data()), leaky);
}

TEST_P(ActivationKernelTest, HardSigmoidAndHardSwishHaveTheBitsOfTheirFormulas) {
  // volatile: no compiler may contract them.
  const auto gate = [](float x, float alpha, float beta) {
    const volatile float product = alpha * x;
    return std::clamp(product + beta, 0.0F, 1.0F);
  };
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const float x = 5.0F * random.value();
    const float y = apply_to_all(epilogue(Function::kHardSigmoid, 0.2F, 0.5F), x)[0];
    ASSERT_TRUE(same_bits(y, gate(x, 0.2F, 0.5F))) << "hard sigmoid of " << x;
    const float z = apply_to_all(epilogue(Function::kHardSwish), x)[0];
    ASSERT_TRUE(same_bits(z, x * gate(x, 1.0F / 6.0F, 0.5F))) << "hard swish of " << x;
  }
}

TEST_P(ActivationKernelTest, EachColumnHasItsOwnSlope) {
  const auto columns = panel();
  std::vector<float> slopes;
  for (std::size_t c = 0; c < columns; ++c) slopes.push_back(static_cast<float>(c));
  const std::vector<float> got =
      apply(epilogue(Function::kPrelu, 0.0F, 0.0F, slopes.data()), std::vector<float>(columns, -2.0F));
  for (std::size_t c = 0; c < columns; ++c) EXPECT_EQ(got[c], -2.0F * slopes[c]) << "column " << c;
}

// The affine is one multiply-add on what the function makes, by column, in every shape of a tile.
TEST_P(ActivationKernelTest, AnAffineFollowsTheFunction) {
  Random random(1);
  const std::vector<float> scale = random.values(static_cast<std::int64_t>(panel()));
  const std::vector<float> shift = random.values(static_cast<std::int64_t>(panel()));
  const std::vector<float> slopes = random.values(static_cast<std::int64_t>(panel()));
  for (int function = 0; function <= static_cast<int>(Function::kGeluTanh); ++function) {
    const CurrentCase described(text("function ", function));
    Epilogue e = epilogue(static_cast<Function>(function), 0.25F, 0.5F, slopes.data());
    for (const std::int64_t rows : {1, 2, 9, 30}) {
      for (std::size_t columns = panel() / 2 + 1; columns <= panel(); ++columns) {
        std::vector<float> values = random.values(static_cast<std::int64_t>(columns));
        for (float& v : values) v *= 4.0F;
        e.scale = e.shift = nullptr;
        const std::vector<float> plain = apply(e, values, rows);
        e.scale = scale.data();
        e.shift = shift.data();
        const std::vector<float> got = apply(e, values, rows);
        ASSERT_EQ(got.size(), static_cast<std::size_t>(rows) * columns);
        for (std::size_t i = 0; i < got.size(); ++i) {
          const std::size_t c = i % columns;
          const volatile float product = plain[i] * scale[c];
          const float expected =
              table().fused_multiply_add ? std::fma(plain[i], scale[c], shift[c]) : product + shift[c];
          ASSERT_TRUE(same_bits(got[i], expected)) << got[i] << " instead of " << expected << " in column " << c;
        }
      }
    }
  }
}

TEST_P(ActivationKernelTest, SpecialValues) {
  struct Case {
    Function function;
    float of_minus_infinity, of_minus_zero, of_infinity;
  };
  const std::vector<float> slopes(panel(), 0.25F);
  for (const Case& c : {Case{Function::kLeakyRelu, -kInf, -0.0F, kInf}, Case{Function::kPrelu, -kInf, -0.0F, kInf},
                        Case{Function::kSigmoid, 0.0F, 0.5F, 1.0F}, Case{Function::kSilu, -0.0F, -0.0F, kInf},
                        Case{Function::kHardSigmoid, 0.0F, 0.5F, 1.0F}, Case{Function::kHardSwish, -0.0F, -0.0F, kInf},
                        Case{Function::kTanh, -1.0F, -0.0F, 1.0F}, Case{Function::kGelu, -0.0F, -0.0F, kInf},
                        Case{Function::kGeluTanh, -0.0F, -0.0F, kInf}}) {
    const CurrentCase described(text("function ", static_cast<int>(c.function)));
    const Epilogue e = epilogue(c.function, 0.25F, 0.5F, slopes.data());
    expect_exactly(e, -kInf, c.of_minus_infinity);
    expect_exactly(e, -0.0F, c.of_minus_zero);
    expect_exactly(e, kInf, c.of_infinity);
    expect_exactly(e, kNan, kNan);
    expect_exactly(e, -kNan, kNan);
  }
}

TEST_P(ActivationKernelTest, ResidualBeforeAndAfter) {
  const auto in = [&](float value, std::size_t count) { return encoded(tensor(), std::vector<float>(count, value)); };
  const std::vector<std::byte> a = in(1.0F, 1), ones = in(1.0F, panel());
  const std::vector<std::byte> b = encoded(weight(), std::vector<float>(panel(), -2.0F));
  const std::vector<float> zeros(panel());
  const std::vector<float> scale(panel(), 3.0F), shift(panel(), 0.5F);
  for (const bool last : {false, true}) {
    for (const bool onto_residual : {false, true}) {
      std::vector<std::byte> out = ones;
      kernels::GemmArgs args{};
      args.rows = 1;
      args.a.data = a.data();
      args.panel = {b.data(), zeros.data(), 2, static_cast<std::int32_t>(panel())};
      args.steps.k = 1;
      args.c.data = out.data();
      args.residual.data = onto_residual ? out.data() : ones.data();
      args.epilogue = {0.0F, kInf};
      args.epilogue.residual_last = last;
      table().gemm_tile(2).function(args);
      EXPECT_EQ(out, in(last ? 1.0F : 0.0F, panel()));  // relu(-2) + 1, relu(-2 + 1)
      out = ones;
      args.epilogue = {-kInf, kInf};
      args.epilogue.residual_last = last;
      args.epilogue.scale = scale.data();
      args.epilogue.shift = shift.data();
      table().gemm_tile(2).function(args);
      EXPECT_EQ(out, in(last ? -4.5F : -2.5F, panel()));  // 3 * -2 + 0.5 + 1, 3 * (-2 + 1) + 0.5
    }
  }
}

/// The tables whose outputs are fp32: the others round the same values.
std::vector<std::string> fp32_outputs() {
  std::vector<std::string> names = tables_under_test();
  std::erase_if(names, [](const std::string& name) { return kernel_table(name).types.tensor != DataType::kF32; });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tables, ActivationKernelTest, testing::ValuesIn(fp32_outputs()), isa_test_name);

}  // namespace
}  // namespace tandem::test
