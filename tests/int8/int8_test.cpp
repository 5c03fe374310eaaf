// Quantised layers on every ISA: every output equals the formula, bit by bit, for any number of threads and any candidate.
// Guard pages lie round all tensors and the workspace.
#include <gtest/gtest.h>

#include <vector>

#include "int8_case.hpp"
#include "quantised_end.hpp"
#include "src/machine/isa.hpp"
#include "tests/current_case.hpp"
#include "tests/isas.hpp"
#include "tests/kernel_tables.hpp"
#include "tests/operator_check.hpp"
#include "tests/same_bits.hpp"

namespace tandem::test::int8 {
namespace {

std::int64_t draw_gap(Random& random) { return random.integer(0, 3) == 0 ? random.integer(1, 20) : 0; }

void expect_case(const Case& c, const std::string& isa, Random& random) {
  const CurrentCase current(text(c, " on ", isa));
  const Shape shape = output_shape(c);
  const std::vector<float> expected = reference(c);
  for (const Placement placement : kPlacements) {
    const Result<Operator> op = create(c, isa.c_str(), placement);
    ASSERT_TRUE(op.ok()) << op.status().message();
    EXPECT_STREQ(op->isa(), isa.c_str());
    PlanOptions options;
    options.strides = {c.input.c + draw_gap(random), shape.c + draw_gap(random)};
    options.threads = random.size(1, 4);
    Result<Plan> plan = op->plan(c.input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    ASSERT_EQ(plan->output_shape(), shape);
    options.candidate = random.size(1, plan->report().candidates);
    plan = op->plan(c.input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const CurrentCase way(text(plan->explain()));
    expect_same_bits(run_guarded(*plan, c.src, {}, placement, false, options.strides,
                                 {c.params.src_type.type, c.params.dst_type.type}),
                     expected, "against the formula");
  }
}

class Int8Test : public testing::TestWithParam<std::string> {};

TEST_P(Int8Test, RandomLayers) {
  for (const std::uint64_t seed : sweep(400).seeds()) {
    Random random(seed);
    const Case c = draw(random, vector_floats(GetParam()));
    const CurrentCase current(text("seed ", seed));
    expect_case(c, GetParam(), random);
    if (HasFatalFailure()) return;
  }
}

// Layers of real networks, long enough for every tile of a product and of a row.
TEST_P(Int8Test, LayersOfNetworks) {
  Random random(7);
  const auto layer = [&](Kind kind, const Shape& input, std::int32_t out, std::int32_t kernel, std::int32_t stride) {
    for (const DataType type : {DataType::kU8, DataType::kS8}) {
      Case c;
      c.kind = kind;
      c.input = input;
      c.params.in_channels = static_cast<std::int32_t>(input.c);
      c.params.out_channels = out;
      c.params.kernel_h = c.params.kernel_w = kernel;
      c.params.stride_h = c.params.stride_w = stride;
      c.params.padding = kernel > 1 ? Padding::same() : Padding();
      c.params.groups = kind == Kind::kDepthwise ? out : 1;
      c.params.src_type = {type, {1.0F, 3}};
      c.params.dst_type = {type, {1.0F, type == DataType::kS8 ? -5 : 5}};
      c.params.rounding = random.pick({Rounding::kNearestEven, Rounding::kTfliteSingle, Rounding::kTfliteDouble});
      draw_values(c, random);
      expect_case(c, GetParam(), random);
    }
  };
  layer(Kind::kConv2d, {1, 33, 33, 3}, 32, 3, 2);
  layer(Kind::kConvTranspose2d, {1, 20, 20, 24}, 24, 2, 2);
  layer(Kind::kConvTranspose2d, {1, 13, 11, 40}, 19, 3, 2);
  layer(Kind::kDepthwise, {1, 28, 28, 96}, 96, 3, 1);    // a block of two segments
  layer(Kind::kDepthwise, {1, 14, 14, 144}, 144, 3, 1);  // of four
  layer(Kind::kDepthwise, {1, 28, 28, 240}, 240, 5, 1);  // of three groups of channels
  layer(Kind::kDepthwise, {1, 7, 7, 256}, 256, 3, 1);
  layer(Kind::kDepthwise, {1, 29, 29, 72}, 72, 5, 2);
  layer(Kind::kDepthwise, {1, 9, 130, 32}, 32, 3, 1);  // several strips
  layer(Kind::kDepthwise, {1, 9, 131, 64}, 64, 3, 2);
  layer(Kind::kPointwise, {1, 14, 14, 144}, 96, 1, 1);
  layer(Kind::kPointwise, {1, 20, 20, 16}, 200, 1, 1);
  layer(Kind::kFullyConnected, {2, 1, 1, 1280}, 300, 1, 1);
}

// Rows from less than a tile to several, with the kernels of each way to store entries, on a machine of any row.
TEST_P(Int8Test, DepthwiseRowsOfEveryTuning) {
  Random random(11);
  for (const kernels::KernelTable& table : tables_of(GetParam()).int8) {
    if (table.tuning.panel_vectors != 2 || !table.tuning.depthwise_pairs)
      continue;  // which depthwise kernels do not read
    internal::pretend_kernels(&table);
    const CurrentCase tuning(text("joined entries: ", table.tuning.joined_entries));
    for (const std::int32_t kernel : {3, 5, 7}) {
      for (const std::int32_t stride : {1, 2}) {
        for (std::int64_t width = 1; width <= 20; ++width) {
          Case c;
          c.kind = Kind::kDepthwise;
          c.input = {1, 3, width, 80};
          c.params.in_channels = c.params.out_channels = c.params.groups = 80;
          c.params.kernel_h = 2;
          c.params.kernel_w = kernel;
          c.params.stride_w = stride;
          c.params.padding = Padding::same();
          c.params.src_type = {table.types.tensor, {1.0F, 3}};
          c.params.dst_type = {table.types.tensor, {1.0F, -5}};
          if (table.types.tensor == DataType::kU8) c.params.dst_type.quantization.zero_point = random.pick({0, 5});
          draw_values(c, random);
          expect_case(c, GetParam(), random);
        }
      }
    }
  }
  internal::pretend_kernels(nullptr);
}

// Products of every height of a tile and every number of columns of a panel, which end in whole vectors of bytes or in parts of
// one, with bounds or without.
TEST_P(Int8Test, ProductsOfEveryHeightAndTail) {
  Random random(13);
  const std::int64_t most = 3 * vector_floats(GetParam()) + 1;
  for (std::int64_t rows = 2; rows <= 15; ++rows) {
    for (std::int64_t columns = 1; columns <= most; ++columns) {
      Case c;
      c.kind = Kind::kPointwise;
      c.input = {1, 1, rows, random.pick({5, 16})};
      c.params.in_channels = static_cast<std::int32_t>(c.input.c);
      c.params.out_channels = static_cast<std::int32_t>(columns);
      const DataType type = random.pick({DataType::kU8, DataType::kS8});
      c.params.src_type = {type, {1.0F, 3}};
      c.params.dst_type = {type, {1.0F, random.coin() ? least(type) : 7}};
      draw_values(c, random);
      expect_case(c, GetParam(), random);
    }
  }
}

// A single row meets several panels at once, in sums of every second or fourth quad if the panels are few.
TEST_P(Int8Test, SingleRowsOfEveryWidthAndDepth) {
  Random random(5);
  const std::int64_t lanes = vector_floats(GetParam());
  for (std::int64_t vectors = 1; vectors <= 13; ++vectors) {
    for (const std::int64_t k : {1, 2, 3, 4, 7, 8, 15, 16, 17, 33, 62, 64, 131}) {
      Case c;
      c.kind = Kind::kFullyConnected;
      c.input = {1, 1, 1, k};
      c.params.in_channels = static_cast<std::int32_t>(k);
      c.params.out_channels = static_cast<std::int32_t>(vectors * lanes - random.integer(0, lanes - 1));
      const DataType type = random.pick({DataType::kU8, DataType::kS8});
      c.params.src_type = {type, {1.0F, 3}};
      c.params.dst_type = random.coin() ? TensorType(type, {1.0F, least(type)}) : TensorType();
      draw_values(c, random);
      expect_case(c, GetParam(), random);
    }
  }
}

TEST_P(Int8Test, ConversionsAtTheEdgesOfVectors) {
  Random random(3);
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const DataType type : {DataType::kU8, DataType::kS8}) {
      for (const Kind kind : {Kind::kQuantize, Kind::kDequantize}) {
        Case c;
        c.kind = kind;
        c.input = {1, 3, 5, channels};
        c.params.in_channels = c.params.out_channels = channels;
        TensorType& quantised = kind == Kind::kQuantize ? c.params.dst_type : c.params.src_type;
        quantised = {type, {1.0F, random.size(0, 255) + least(type)}};
        draw_values(c, random);
        expect_case(c, GetParam(), random);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8Test, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test::int8
