// Random quantised layers and conversions: each element equals the formula, bit by bit, on every ISA and however the layer is
// run, guard pages on. Counts and seeds as in property_test.cpp.
#include <gtest/gtest.h>

#include "execution.hpp"
#include "tests/current_case.hpp"
#include "tests/environment.hpp"
#include "tests/int8/int8_case.hpp"
#include "tests/isas.hpp"
#include "tests/operator_check.hpp"
#include "tests/same_bits.hpp"

namespace tandem::test::int8 {
namespace {

/// Some images of a case, and what must come out.
struct Batch {
  Shape input;
  std::vector<float> src;
  std::vector<float> expected;
};

Batch image(const Case& c, const std::vector<float>& expected, std::int64_t i) {
  const auto part = [&](const std::vector<float>& all) {
    const auto size = static_cast<std::ptrdiff_t>(all.size()) / c.input.n;
    return std::vector<float>(all.begin() + i * size, all.begin() + (i + 1) * size);
  };
  Shape one = c.input;
  one.n = 1;
  return {one, part(c.src), part(expected)};
}

/// With kernels chosen for another microarchitecture.
Result<Operator> create_for(const char* row, const Case& c, const std::string& isa, Placement placement) {
  const ScopedVariable named("TANDEM_MACHINE", row);
  return create(c, isa.c_str(), placement);
}

/// Returns the output.
std::vector<float> expect_run(const Case& c, const Operator& op, const Batch& batch, const Execution& e) {
  const CurrentCase executed(text(e));
  BackwardPool backward(e.threads);
  const PixelStrides strides = {c.input.c + e.gaps.src, c.params.out_channels + e.gaps.dst};
  const bool flushed = e.flush_denormals && kFlushesDenormals;
  const Result<Plan> plan = plan_for(op, batch.input, e, backward, strides, flushed);
  if (!plan.ok()) {
    ADD_FAILURE() << plan.status().message();
    return {};
  }
  const CurrentCase described(plan->explain());
  std::vector<float> dst =
      run_guarded(*plan, batch.src, {}, e.placement, false, strides, {c.params.src_type.type, c.params.dst_type.type});
  expect_same_bits(dst, batch.expected, "against the formula", flushed);
  return dst;
}

/// Returns what the plain execution gave.
std::vector<float> expect_on_isa(const Case& c, const Batch& batch, const std::string& isa, Random& random) {
  const CurrentCase on_isa(isa);
  Execution plain;
  plain.placement = random.pick({Placement::kEndsAtGuard, Placement::kStartsAtGuard});
  const Result<Operator> op = create(c, isa.c_str(), plain.placement);
  if (!op.ok()) {
    ADD_FAILURE() << op.status().message();
    return {};
  }
  for (int i = 0; i < kExecutions; ++i) {
    const Execution e = draw_execution(random);
    const Result<Operator> other = e.row == nullptr ? op : create_for(e.row, c, isa, e.placement);
    if (!other.ok()) {
      ADD_FAILURE() << other.status().message();
      return {};
    }
    expect_run(c, *other, batch, e);
  }
  if (c.input.n > 1) {
    expect_run(c, *op, image(c, batch.expected, random.integer(0, c.input.n - 1)), draw_execution(random));
  }
  return expect_run(c, *op, batch, plain);
}

TEST(Int8PropertyTest, RandomLayers) {
  const Sweep cases = sweep(kPropertyCount, "TANDEM_PROPERTY");
  for (const std::uint64_t seed : cases.seeds()) {
    Random random(seed);
    const std::int64_t lanes = random.pick({1, 4, 8, 16});
    const Case c = draw(random, lanes, random.pick<std::int64_t>({1 << 14, 1 << 16, 1 << 17, 1 << 18, 1 << 20}));
    const CurrentCase described(text("TANDEM_PROPERTY_SEED=", seed, " TANDEM_PROPERTY_COUNT=1: ", c));
    const Batch batch = {c.input, c.src, reference(c)};
    std::vector<float> first;
    for (const std::string& isa : int8_isas_under_test()) {
      const std::vector<float> dst = expect_on_isa(c, batch, isa, random);
      if (first.empty()) first = dst;
      expect_same_bits(dst, first, "against another ISA");
    }
    ASSERT_FALSE(HasFailure()) << "after " << seed - cases.seed << " others that were right";
  }
}

}  // namespace
}  // namespace tandem::test::int8
