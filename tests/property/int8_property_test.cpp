// Random quantised layers, conversions and blocks: each element equals the formula, bit by bit, on every ISA and however the
// layer is run, guard pages on. Counts and seeds as in property_test.cpp.
#include <gtest/gtest.h>

#include <functional>

#include "execution.hpp"
#include "tests/current_case.hpp"
#include "tests/environment.hpp"
#include "tests/int8/int8_block.hpp"
#include "tests/int8/int8_case.hpp"
#include "tests/int8/int8_squeeze_excite.hpp"
#include "tests/isas.hpp"
#include "tests/operator_check.hpp"
#include "tests/same_bits.hpp"

namespace tandem::test::int8 {
namespace {

/// Some images of a layer, and what must come out.
struct Batch {
  Shape input;
  std::vector<float> src;
  std::vector<float> expected;
};

/// A layer, a block or a squeeze-and-excite.
struct Subject {
  std::function<Result<Operator>(const char* isa, Placement placement)> create;
  Batch batch;
  std::int64_t out_channels;
  TensorTypes types;
};

Subject subject_of(const Case& c) {
  return {[&c](const char* isa, Placement placement) { return create(c, isa, placement); },
          {c.input, c.src, reference(c)},
          c.params.out_channels,
          {c.params.src_type.type, c.params.dst_type.type}};
}
Subject subject_of(const Block& b) {
  return {[&b](const char* isa, Placement placement) { return create(b, isa, placement); },
          {b.first().input, b.first().src, reference(b)},
          b.project.params.out_channels,
          {b.first().params.src_type.type, b.dst_type().type}};
}
Subject subject_of(const SqueezeExcite& s) {
  return {[&s](const char* isa, Placement placement) { return create(s, isa, placement); },
          {s.input, s.src, reference(s)},
          s.input.c,
          {s.params.src_type.type, s.params.dst_type.type}};
}

Batch image(const Batch& batch, std::int64_t i) {
  const auto part = [&](const std::vector<float>& all) {
    const auto size = static_cast<std::ptrdiff_t>(all.size()) / batch.input.n;
    return std::vector<float>(all.begin() + i * size, all.begin() + (i + 1) * size);
  };
  Shape one = batch.input;
  one.n = 1;
  return {one, part(batch.src), part(batch.expected)};
}

/// With kernels chosen for another microarchitecture.
Result<Operator> create_for(const char* row, const Subject& s, const std::string& isa, Placement placement) {
  const ScopedVariable named("TANDEM_MACHINE", row);
  return s.create(isa.c_str(), placement);
}

/// Returns the output.
std::vector<float> expect_run(const Subject& s, const Operator& op, const Batch& batch, const Execution& e) {
  const CurrentCase executed(text(e));
  BackwardPool backward(e.threads);
  const PixelStrides strides = {batch.input.c + e.gaps.src, s.out_channels + e.gaps.dst};
  const bool flushed = e.flush_denormals && kFlushesDenormals;
  const Result<Plan> plan = plan_for(op, batch.input, e, backward, strides, flushed);
  if (!plan.ok()) {
    ADD_FAILURE() << plan.status().message();
    return {};
  }
  const CurrentCase described(plan->explain());
  std::vector<float> dst = run_guarded(*plan, batch.src, {}, e.placement, false, strides, s.types);
  expect_same_bits(dst, batch.expected, "against the formula", flushed);
  return dst;
}

/// Returns what the plain execution gave.
std::vector<float> expect_on_isa(const Subject& s, const std::string& isa, Random& random) {
  const CurrentCase on_isa(isa);
  Execution plain;
  plain.placement = random.pick({Placement::kEndsAtGuard, Placement::kStartsAtGuard});
  const Result<Operator> op = s.create(isa.c_str(), plain.placement);
  if (!op.ok()) {
    ADD_FAILURE() << op.status().message();
    return {};
  }
  for (int i = 0; i < kExecutions; ++i) {
    const Execution e = draw_execution(random);
    const Result<Operator> other = e.row == nullptr ? op : create_for(e.row, s, isa, e.placement);
    if (!other.ok()) {
      ADD_FAILURE() << other.status().message();
      return {};
    }
    expect_run(s, *other, s.batch, e);
  }
  const std::int64_t images = s.batch.input.n;
  if (images > 1) expect_run(s, *op, image(s.batch, random.integer(0, images - 1)), draw_execution(random));
  return expect_run(s, *op, s.batch, plain);
}

void expect_on_all_isas(const Subject& s, Random& random) {
  std::vector<float> first;
  for (const std::string& isa : int8_isas_under_test()) {
    const std::vector<float> dst = expect_on_isa(s, isa, random);
    if (first.empty()) first = dst;
    expect_same_bits(dst, first, "against another ISA");
  }
}

std::string reproduced_by(std::uint64_t seed) {
  return text("TANDEM_PROPERTY_SEED=", seed, " TANDEM_PROPERTY_COUNT=1: ");
}

TEST(Int8PropertyTest, RandomLayers) {
  const Sweep cases = sweep(kPropertyCount, "TANDEM_PROPERTY");
  for (const std::uint64_t seed : cases.seeds()) {
    Random random(seed);
    const std::int64_t lanes = random.pick({1, 4, 8, 16});
    const Case c = draw(random, lanes, random.pick<std::int64_t>({1 << 14, 1 << 16, 1 << 17, 1 << 18, 1 << 20}));
    const CurrentCase described(text(reproduced_by(seed), c));
    expect_on_all_isas(subject_of(c), random);
    ASSERT_FALSE(HasFailure()) << "after " << seed - cases.seed << " others that were right";
  }
}

TEST(Int8PropertyTest, RandomBlocks) {
  const Sweep cases = sweep(kPropertyCount / 10, "TANDEM_PROPERTY");
  for (const std::uint64_t seed : cases.seeds()) {
    Random random(seed);
    const std::int64_t lanes = random.pick({1, 4, 8, 16});
    const Block b = draw_block(random, lanes, random.pick<std::int64_t>({1 << 13, 1 << 15, 1 << 17}));
    const CurrentCase described(text(reproduced_by(seed), b));
    expect_on_all_isas(subject_of(b), random);
    ASSERT_FALSE(HasFailure()) << "after " << seed - cases.seed << " others that were right";
  }
}

TEST(Int8PropertyTest, RandomSqueezeExcites) {
  const Sweep cases = sweep(kPropertyCount / 10, "TANDEM_PROPERTY");
  for (const std::uint64_t seed : cases.seeds()) {
    Random random(seed);
    const SqueezeExcite s = draw_squeeze_excite(random, random.pick({1, 4, 8, 16}));
    const CurrentCase described(text(reproduced_by(seed), s));
    expect_on_all_isas(subject_of(s), random);
    ASSERT_FALSE(HasFailure()) << "after " << seed - cases.seed << " others that were right";
  }
}

}  // namespace
}  // namespace tandem::test::int8
