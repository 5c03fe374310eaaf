// Quantised blocks on every ISA: every output has the bits of the stages' formulas one after the other, however the block is
// run. Guard pages lie round all tensors and the workspace.
#include <gtest/gtest.h>

#include "int8_block.hpp"
#include "tests/current_case.hpp"
#include "tests/isas.hpp"
#include "tests/operator_check.hpp"
#include "tests/same_bits.hpp"

namespace tandem::test::int8 {
namespace {

std::int64_t draw_gap(Random& random) { return random.integer(0, 3) == 0 ? random.integer(1, 20) : 0; }

void expect_run(const Block& b, const Plan& plan, const std::vector<float>& expected, Placement placement,
                const PixelStrides& strides) {
  const CurrentCase way(text(plan.explain()));
  expect_same_bits(run_guarded(plan, b.first().src, {}, placement, false, strides,
                               {b.first().params.src_type.type, b.dst_type().type}),
                   expected, "against the formula");
}

// A block on 1 to 3 threads, fused in every way and unfused.
void expect_every_way(const BlockSizes& sizes, const std::string& isa, Random& random) {
  for (const DataType type : {DataType::kU8, DataType::kS8}) {
    const Block b = block_of(sizes, type, random);
    const CurrentCase current(text(b, " on ", isa));
    const std::vector<float> expected = reference(b);
    const Result<Operator> op = create(b, isa.c_str(), Placement::kEndsAtGuard);
    ASSERT_TRUE(op.ok()) << op.status().message();
    for (const std::int32_t threads : {1, 2, 3}) {
      PlanOptions options;
      options.threads = threads;
      const std::int32_t candidates = op->plan(b.first().input, options)->report().candidates;
      for (options.candidate = 1; options.candidate <= candidates; options.candidate += list_step()) {
        const Result<Plan> plan = op->plan(b.first().input, options);
        ASSERT_TRUE(plan.ok()) << plan.status().message();
        expect_run(b, *plan, expected, random.pick({Placement::kStartsAtGuard, Placement::kEndsAtGuard}), {});
      }
    }
  }
}

class Int8BlockTest : public testing::TestWithParam<std::string> {};

TEST_P(Int8BlockTest, RandomBlocks) {
  for (const std::uint64_t seed : sweep(150).seeds()) {
    Random random(seed);
    const Block b = draw_block(random, vector_floats(GetParam()));
    const CurrentCase current(text("seed ", seed, ": ", b, " on ", GetParam()));
    const std::vector<float> expected = reference(b);
    for (const Placement placement : kPlacements) {
      const Result<Operator> op = create(b, GetParam().c_str(), placement);
      ASSERT_TRUE(op.ok()) << op.status().message();
      EXPECT_STREQ(op->isa(), GetParam().c_str());
      PlanOptions options;
      options.strides = {b.first().input.c + draw_gap(random), b.project.params.out_channels + draw_gap(random)};
      options.threads = random.size(1, 4);
      Result<Plan> plan = op->plan(b.first().input, options);
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      expect_run(b, *plan, expected, placement, options.strides);
      options.candidate = random.size(1, plan->report().candidates);
      plan = op->plan(b.first().input, options);
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      expect_run(b, *plan, expected, placement, options.strides);
    }
    if (HasFailure()) return;
  }
}

TEST_P(Int8BlockTest, BlocksOfNetworks) {
  Random random(11);
  const auto block = [&](const BlockSizes& sizes) { expect_every_way(sizes, GetParam(), random); };
  block({{1, 14, 14, 64}, 0, 128});               // V1
  block({{2, 15, 13, 32}, 0, 48, 3, 2});          // a stride of 2, sizes that are odd
  block({{1, 17, 15, 24}, 144, 24, 3, 1, true});  // V2, with more pixels than are added to at a time
  block({{1, 7, 7, 32}, 192, 64});                // small maps, whose channels are shared
  block({{1, 13, 14, 16}, 96, 24, 3, 2});         // no residual
  block({{1, 9, 10, 40}, 240, 40, 5, 1, true});   // Lite0
  block({{1, 6, 5, 12}, 72, 12, 3, 1, true});     // channels that fill no whole groups
}

TEST_P(Int8BlockTest, SqueezedBlocksOfNetworks) {
  Random random(12);
  const auto block = [&](const BlockSizes& sizes) { expect_every_way(sizes, GetParam(), random); };
  block({{1, 14, 14, 128}, 0, 80, 5, 1, false, 32});  // PP-LCNet
  block({{2, 15, 13, 64}, 0, 96, 5, 2, false, 16});   // a stride of 2, sizes that are odd
  block({{1, 17, 15, 24}, 144, 24, 5, 1, true, 40});  // V3, with more pixels than are scaled at a time
  block({{1, 7, 7, 40}, 320, 40, 5, 1, true, 80});    // small maps, whose channels are shared
  block({{1, 13, 14, 24}, 192, 40, 3, 2, false, 6});  // B0
  block({{1, 6, 5, 12}, 72, 12, 3, 1, true, 20});     // channels that fill no whole groups
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8BlockTest, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test::int8
