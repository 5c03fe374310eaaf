// Quantised layers on every ISA: every output equals the formula, bit by bit, for any number of threads and any candidate.
// Guard pages lie round all tensors and the workspace.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <vector>

#include "int8_case.hpp"
#include "tests/current_case.hpp"
#include "tests/guarded_buffer.hpp"
#include "tests/isas.hpp"

namespace tandem::test::int8 {
namespace {

constexpr auto kGap = std::byte{0xa7};

std::int64_t element_size(DataType type) { return static_cast<std::int64_t>(element_bytes(type)); }

// The source with gaps between its pixels.
std::vector<std::byte> stored_src(const Case& c) {
  const std::int64_t stride = c.input.c + c.src_gap;
  const std::int64_t pixels = c.input.n * c.input.h * c.input.w;
  std::vector<std::byte> bytes(static_cast<std::size_t>(pixels * stride - c.src_gap), kGap);
  for (std::int64_t i = 0; i < pixels * c.input.c; ++i) {
    bytes[static_cast<std::size_t>(i / c.input.c * stride + i % c.input.c)] =
        static_cast<std::byte>(c.src[static_cast<std::size_t>(i)]);
  }
  return bytes;
}

float element(DataType type, const std::byte* p) {
  if (type == DataType::kF32) {
    float value = 0.0F;
    std::memcpy(&value, p, sizeof(value));
    return value;
  }
  return type == DataType::kU8 ? static_cast<float>(static_cast<std::uint8_t>(*p))
                               : static_cast<float>(static_cast<std::int8_t>(*p));
}

void expect_output(const Case& c, const Shape& shape, const std::vector<float>& expected, const std::byte* dst) {
  const DataType type = c.params.dst_type.type;
  const std::int64_t size = element_size(type);
  const std::int64_t stride = shape.c + c.dst_gap;
  const std::int64_t pixels = shape.n * shape.h * shape.w;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const std::byte* const p = dst + pixel * stride * size;
    for (std::int64_t m = 0; m < shape.c; ++m) {
      const float got = element(type, p + m * size);
      const float want = expected[static_cast<std::size_t>(pixel * shape.c + m)];
      ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(want))
          << "pixel " << pixel << " of " << pixels << ", channel " << m << " is " << got << ", not " << want;
    }
    for (std::int64_t i = shape.c * size; i < stride * size && pixel + 1 < pixels; ++i) {
      ASSERT_EQ(p[i], kGap) << "a gap after pixel " << pixel;
    }
  }
}

void run_and_compare(const Case& c, const Plan& plan, const std::vector<float>& expected, Placement placement) {
  const Shape& shape = plan.output_shape();
  const DataType type = c.params.dst_type.type;
  const std::int64_t stride = shape.c + c.dst_gap;
  const auto bytes = static_cast<std::size_t>((shape.n * shape.h * shape.w * stride - c.dst_gap) * element_size(type));
  const GuardedInput src("src", stored_src(c), placement, 1);
  GuardedBuffer dst("dst", bytes, placement, element_bytes(type));
  std::memset(dst.data(), static_cast<int>(kGap), bytes);
  GuardedBuffer workspace("workspace", plan.workspace_bytes(), placement, Plan::kWorkspaceAlignment);
  RunArgs args;
  args.src = src.data();
  args.dst = dst.data();
  args.workspace = workspace.data();
  const Status status = plan.run(args);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(dst.intact() && workspace.intact());
  expect_output(c, shape, expected, static_cast<const std::byte*>(dst.data()));
}

void expect_case(const Case& c, const std::string& isa, Random& random) {
  const CurrentCase current(text(c, " on ", isa));
  const Result<Operator> op = create(c, isa.c_str());
  ASSERT_TRUE(op.ok()) << op.status().message();
  EXPECT_STREQ(op->isa(), isa.c_str());
  PlanOptions options;
  options.strides.src = c.input.c + c.src_gap;
  const Result<Shape> shape = op->output_shape(c.input);
  ASSERT_TRUE(shape.ok()) << shape.status().message();
  options.strides.dst = shape->c + c.dst_gap;
  const std::vector<float> expected = reference(c, *shape);
  for (const Placement placement : kPlacements) {
    options.threads = random.size(1, 4);
    Result<Plan> plan = op->plan(c.input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    options.candidate = random.size(1, plan->report().candidates);
    plan = op->plan(c.input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const CurrentCase way(text(plan->explain()));
    run_and_compare(c, *plan, expected, placement);
    options.candidate = 0;
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
      draw_values(c, random);
      expect_case(c, GetParam(), random);
    }
  };
  layer(Kind::kConv2d, {1, 33, 33, 3}, 32, 3, 2);
  layer(Kind::kDepthwise, {1, 28, 28, 96}, 96, 3, 1);
  layer(Kind::kDepthwise, {1, 29, 29, 72}, 72, 5, 2);
  layer(Kind::kPointwise, {1, 14, 14, 144}, 96, 1, 1);
  layer(Kind::kPointwise, {1, 20, 20, 16}, 200, 1, 1);
  layer(Kind::kFullyConnected, {2, 1, 1, 1280}, 300, 1, 1);
}

INSTANTIATE_TEST_SUITE_P(Isas, Int8Test, testing::ValuesIn(int8_isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test::int8
