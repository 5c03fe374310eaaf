// The quantised squeeze-and-excite on every ISA: every output has the bits of its steps' formulas one after the other, however it
// is run; and what create() refuses of it.
#include "int8_squeeze_excite.hpp"

#include <gtest/gtest.h>

#include "tests/current_case.hpp"
#include "tests/elements.hpp"
#include "tests/isas.hpp"
#include "tests/operator_check.hpp"
#include "tests/refusal.hpp"
#include "tests/same_bits.hpp"
#include "tests/subjects.hpp"

namespace tandem::test::int8 {
namespace {

class Int8SqueezeExciteTest : public testing::TestWithParam<std::string> {};

TEST_P(Int8SqueezeExciteTest, Random) {
  for (const std::uint64_t seed : sweep(300).seeds()) {
    Random random(seed);
    const SqueezeExcite s = draw_squeeze_excite(random, vector_floats(GetParam()));
    const CurrentCase current(text("seed ", seed, ": ", s, " on ", GetParam()));
    const std::vector<float> expected = reference(s);
    for (const Placement placement : kPlacements) {
      const Result<Operator> op = create(s, GetParam().c_str(), placement);
      ASSERT_TRUE(op.ok()) << op.status().message();
      EXPECT_STREQ(op->isa(), GetParam().c_str());
      PlanOptions options;
      options.strides = {s.input.c + random.integer(0, 3), s.input.c + random.integer(0, 3)};
      options.threads = random.size(1, 4);
      const std::int32_t candidates = op->plan(s.input, options)->report().candidates;
      options.candidate = random.size(1, candidates);
      const Result<Plan> plan = op->plan(s.input, options);
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      const CurrentCase way(text(plan->explain()));
      expect_same_bits(run_guarded(*plan, s.src, {}, placement, false, options.strides,
                                   {s.params.src_type.type, s.params.dst_type.type}),
                       expected, "against the formula");
    }
    if (HasFailure()) return;
  }
}

TEST_P(Int8SqueezeExciteTest, RunsInPlace) {
  Random random(7);
  const SqueezeExcite s = draw_squeeze_excite(random, vector_floats(GetParam()));
  const Result<Operator> op = create(s, GetParam().c_str(), Placement::kEndsAtGuard);
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Result<Plan> plan = op->plan(s.input);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  std::vector<std::byte> elements = encoded(s.params.src_type.type, s.src);
  Workspace workspace(*plan);
  RunArgs args;
  args.src = args.dst = elements.data();
  args.workspace = workspace.data();
  ASSERT_TRUE(plan->run(args).ok());
  EXPECT_EQ(elements, encoded(s.params.dst_type.type, reference(s)));
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8SqueezeExciteTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kUnsupported = StatusCode::kUnsupported;
constexpr StatusCode kOutOfRange = StatusCode::kOutOfRange;

// 8 channels, 2 reduced ones, and nothing wrong.
struct Attempt {
  SqueezeExciteParams params{8, 2};
  std::vector<std::int8_t> values = std::vector<std::int8_t>(16, 1);
  std::vector<float> scales = {0.5F};

  Attempt() { set_types(params, {DataType::kU8, {0.5F, 3}}, DataType::kS8); }
  [[nodiscard]] Result<Operator> create() const {
    const Weights filter{{DataType::kS8, values.data(), values.size()}, FilterLayout::kOihw, {}, scales};
    return Operator::squeeze_excite(params, filter, filter);
  }
};

template <class Spoil>
void expect_spoilt(const char* what, StatusCode code, const std::vector<std::string>& says, const Spoil& spoil) {
  Attempt attempt;
  spoil(attempt);
  expect_refused(what, attempt.create().status(), code, says);
}

TEST(Int8SqueezeExciteValidationTest, WhatIsAccepted) {
  Attempt attempt;
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().status().message();
  attempt.params.reduced_type = static_cast<DataType>(99);  // not read, since the activation is a clamp
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().status().message();
  attempt.params.gate = Activation::relu6();
  attempt.params.expanded_type = static_cast<DataType>(99);
  EXPECT_TRUE(attempt.create().ok()) << attempt.create().status().message();
}

TEST(Int8SqueezeExciteValidationTest, Types) {
  expect_spoilt("no mean_type", kInvalid, {"src_type is u8", "mean_type is f32"},
                [](auto& a) { a.params.mean_type = {}; });
  expect_spoilt("no hidden_type", kInvalid, {"hidden_type is f32"}, [](auto& a) { a.params.hidden_type = {}; });
  expect_spoilt("no gate_type", kInvalid, {"gate_type is f32"}, [](auto& a) { a.params.gate_type = {}; });
  expect_spoilt("no expanded_type", kInvalid, {"expanded_type is f32"}, [](auto& a) { a.params.expanded_type = {}; });
  expect_spoilt("no reduced_type", kInvalid, {"reduced_type is f32"}, [](auto& a) {
    a.params.activation = Activation::silu();
    a.params.reduced_type = {};
  });
  expect_spoilt("s8 after u8", kInvalid, {"dst_type is s8"}, [](auto& a) { a.params.dst_type.type = DataType::kS8; });
  expect_spoilt("a scale", kInvalid, {"hidden_type has scale 0"},
                [](auto& a) { a.params.hidden_type.quantization.scale = 0.0F; });
  expect_spoilt("a zero point", kInvalid, {"gate_type has zero point 256"},
                [](auto& a) { a.params.gate_type.quantization.zero_point = 256; });
  expect_spoilt("weights of floats", kUnsupported, {"reduce.weight_type is f32"},
                [](auto& a) { a.params.weight_type = DataType::kF32; });
  expect_spoilt("a rounding", kInvalid, {"rounding 3"}, [](auto& a) { a.params.rounding = static_cast<Rounding>(3); });
}

TEST(Int8SqueezeExciteValidationTest, Numbers) {
  expect_spoilt("a quotient of the mean", kOutOfRange, {"0.5 of src_type", "1e-38 of mean_type"},
                [](auto& a) { a.params.mean_type.quantization.scale = 1e-38F; });
  expect_spoilt("a quotient of the gates", kOutOfRange,
                {"0.25 of src_type times that of gate_type", "1e-38 of dst_type"},
                [](auto& a) { a.params.dst_type.quantization.scale = 1e-38F; });
  expect_spoilt("a multiplier", kOutOfRange, {"expand.", "channel 0"}, [](auto& a) {
    a.params.hidden_type.quantization.scale = 1e30F;
    a.params.expanded_type.quantization.scale = 1e-30F;
  });
  expect_spoilt("numbers by channel", kUnsupported, {"8 channels"}, [](auto& a) {
    static const std::vector<float> eight(8, 1.0F);
    a.params.gate = Activation::sigmoid().with_affine(eight, {});
  });
  const Attempt attempt;
  const Result<Operator> op = attempt.create();
  ASSERT_TRUE(op.ok());
  expect_refused("a large image", op->plan({1, 4096, 4096, 8}).status(), kOutOfRange, {"16777216 pixels"});
}

}  // namespace
}  // namespace tandem::test::int8
