// What plan() refuses, and that it says why with the offending value.
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "printers.hpp"
#include "refusal.hpp"

namespace tandem::test {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
constexpr StatusCode kRange = StatusCode::kOutOfRange;
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int32_t kHuge = std::numeric_limits<std::int32_t>::max();

Operator conv2d(const Padding& padding = {}, std::int32_t dilation = 1) {
  Conv2dParams p;
  p.in_channels = 2;
  p.out_channels = 1;
  p.kernel_h = p.kernel_w = 3;
  p.dilation_h = p.dilation_w = dilation;
  p.padding = padding;
  return create(p, {std::vector<float>(18), {}}, "scalar").value();
}

Operator depthwise(const Padding& padding = {}) {
  DepthwiseParams p;
  p.channels = 2;
  p.padding = padding;
  return create(p, {std::vector<float>(18), {}}, "scalar").value();
}

Operator pointwise(std::int32_t in, std::int32_t out) {
  const std::vector<float> filter(static_cast<std::size_t>(in) * static_cast<std::size_t>(out));
  return create(PointwiseParams{in, out, {}, false}, {filter, {}}, "scalar").value();
}

Operator inverted_residual(std::int32_t in, std::int32_t expanded, const Padding& padding, bool residual) {
  InvertedResidualParams p;
  p.expand = {in, expanded, {}, false};
  p.depthwise.channels = expanded;
  p.depthwise.padding = padding;
  p.project = {expanded, in, {}, false};
  p.residual = residual;
  const reference::Weights matrix = {std::vector<float>(static_cast<std::size_t>(in * expanded)), {}};
  const reference::Weights taps = {std::vector<float>(static_cast<std::size_t>(9 * expanded)), {}};
  return create(p, matrix, taps, matrix, "scalar").value();
}

// The same answer from plan(), output_shape() and op_count().
void expect_input_refused(const char* what, const Operator& op, const Shape& input, StatusCode code,
                          const std::vector<std::string>& says) {
  expect_refused(what, op.plan(input).status(), code, says);
  expect_refused(what, op.output_shape(input).status(), code, says);
  expect_refused(what, op.op_count(input).status(), code, says);
}

TEST(PlanValidationTest, Sizes) {
  const Operator op = conv2d();
  expect_input_refused("negative images", op, {-3, 5, 5, 2}, kInvalid, {"n", "-3"});
  expect_input_refused("negative rows", op, {1, -5, 5, 2}, kInvalid, {"h", "-5"});
  expect_input_refused("no columns", op, {1, 5, 0, 2}, kInvalid, {"w", "0"});
  expect_input_refused("negative channels", op, {1, 5, 5, -2}, kInvalid, {"-2"});
  expect_input_refused("other channels", op, {1, 5, 5, 7}, kInvalid, {"7", "2"});
  expect_input_refused("other channels", depthwise(), {1, 5, 5, 3}, kInvalid, {"3", "2"});
  expect_input_refused("other channels", pointwise(4, 5), {1, 5, 5, 5}, kInvalid, {"5", "4"});
  const Operator pool = create(GlobalAveragePoolParams{6, {}}, "scalar").value();
  expect_input_refused("other channels", pool, {1, 5, 5, 8}, kInvalid, {"8", "6"});
  const Operator layout = create(ConvertLayoutParams{6, {}}, "scalar").value();
  expect_input_refused("other channels", layout, {1, 6, 5, 8}, kInvalid, {"8", "6"});
  const Operator connected =
      create(FullyConnectedParams{24, 1, {}, false}, {std::vector<float>(24), {}}, "scalar").value();
  EXPECT_TRUE(connected.plan({3, 2, 3, 4}).ok());
  expect_input_refused("other features", connected, {3, 2, 3, 5}, kInvalid, {"30", "24"});
}

TEST(PlanValidationTest, OutputsOfNoSize) {
  expect_input_refused("few rows", conv2d(), {1, 2, 9, 2}, kInvalid, {"2", "3"});
  expect_input_refused("few columns", depthwise(), {1, 9, 2, 2}, kInvalid, {"2", "3"});
  expect_input_refused("few rows despite padding", conv2d(Padding::uniform(1), 4), {1, 6, 9, 2}, kInvalid, {"6", "9"});
  EXPECT_TRUE(conv2d(Padding::uniform(1), 4).plan({1, 7, 7, 2}).ok());
  expect_input_refused("a dilation beyond all images", conv2d(Padding::valid(), kHuge), {1, 100, 100, 2}, kInvalid,
                       {"100"});
}

TEST(PlanValidationTest, ProductsThatOverflow) {
  expect_input_refused("all sizes largest", conv2d(), {kLargest, kLargest, kLargest, 2}, kRange,
                       {"9223372036854775807"});
  expect_input_refused("a product that wraps", conv2d(), {1, std::int64_t{1} << 32, std::int64_t{1} << 32, 2}, kRange,
                       {"4294967296"});
  expect_input_refused("bytes beyond 64 bits", pointwise(2, 1), {1, std::int64_t{1} << 31, std::int64_t{1} << 31, 2},
                       kRange, {"2147483648"});
  expect_input_refused("an output beyond its input", pointwise(1, 4096), {1, 1 << 25, 1 << 25, 1}, kRange, {"4096"});
  expect_input_refused("an output of padding", conv2d(Padding::uniform(kHuge)), {1, 3, 3, 2}, kRange, {"4294967"});
  const Operator connected =
      create(FullyConnectedParams{4, 1, {}, false}, {std::vector<float>(4), {}}, "scalar").value();
  expect_input_refused("features that wrap", connected, {1, std::int64_t{1} << 33, std::int64_t{1} << 33, 4}, kRange,
                       {"8589934592"});
}

// Input and output can be addressed, but not what lies between them or what it takes to compute them.
TEST(PlanValidationTest, ProductsThatOverflowInside) {
  const Operator square = pointwise(128, 128);
  expect_input_refused("2^66 multiply-adds", square, {1, 1 << 23, 1 << 22, 128}, kRange, {"multiply-adds"});
  const Operator expands = inverted_residual(1, 4096, Padding::same(), false);
  expect_input_refused("an expanded tensor beyond 64 bits", expands, {1, 1 << 22, 1 << 22, 1}, kRange,
                       {"expanded", "4096"});
}

TEST(PlanValidationTest, ResidualOfAnInvertedResidual) {
  EXPECT_TRUE(inverted_residual(3, 5, Padding::same(), true).plan({1, 6, 7, 3}).ok());
  const Operator op = inverted_residual(3, 5, Padding::valid(), true);
  expect_input_refused("an output smaller than the input", op, {1, 6, 7, 3}, kInvalid, {"residual", "6", "4"});
}

TEST(PlanValidationTest, Threads) {
  const Operator op = conv2d();
  expect_refused("negative threads", op.plan({1, 5, 5, 2}, {-3, Executor()}).status(), kInvalid, {"threads", "-3"});
  EXPECT_TRUE(op.plan({1, 5, 5, 2}, {kHuge, Executor()}).ok());
}

TEST(PlanValidationTest, PixelStrides) {
  const Operator op = pointwise(4, 6);
  const Shape input = {1, 5, 5, 4};
  const auto plan = [&](const PixelStrides& strides) {
    PlanOptions options;
    options.strides = strides;
    return op.plan(input, options).status();
  };
  EXPECT_TRUE(plan({4, 6, 0}).ok());
  EXPECT_TRUE(plan({5, 7, 0}).ok());
  expect_refused("fewer than the input's channels", plan({3, 0, 0}), kInvalid, {"strides.src", "3", "4"});
  expect_refused("fewer than the output's channels", plan({0, 5, 0}), kInvalid, {"strides.dst", "5", "6"});
  expect_refused("negative", plan({-4, 0, 0}), kInvalid, {"strides.src", "-4"});
  expect_refused("of a residual that there is not", plan({0, 0, 6}), kInvalid, {"strides.residual", "6"});
  expect_refused("beyond memory", plan({kLargest, 0, 0}), kRange, {"strides.src", "9223372036854775807"});
  expect_refused("beyond memory", plan({0, kLargest / 25, 0}), kRange, {"strides.dst"});

  const Operator adds = create(PointwiseParams{4, 6, {}, true}, {std::vector<float>(24), {}}, "scalar").value();
  PlanOptions options;
  options.strides.residual = 5;
  expect_refused("fewer than the residual's channels", adds.plan(input, options).status(), kInvalid,
                 {"strides.residual", "5", "6"});
}

// A depthwise convolution has a workspace where it copies its rows.
TEST(PlanValidationTest, AtAnUnaliasedStrideNoRowsAreCopied) {
  for (const std::int32_t channels : {1, 24, 96, 240, 256, 320, 512, 768, 1000, 1024}) {
    DepthwiseParams p;
    p.channels = channels;
    const Operator op = create(p, {std::vector<float>(static_cast<std::size_t>(9 * channels)), {}}, "scalar").value();
    PlanOptions options;
    options.machine.l1_bytes = 32 << 10;  // larger ones need no copy
    const std::size_t copied = op.plan({1, 5, 5, channels}, options).value().workspace_bytes();
    EXPECT_EQ(copied > 0, channels % 256 == 0) << channels;
    options.strides.src = unaliased_stride(channels);
    EXPECT_EQ(options.strides.src, channels % 256 == 0 ? channels + 16 : channels);
    EXPECT_EQ(op.plan({1, 5, 5, channels}, options).value().workspace_bytes(), 0U) << channels;
  }
  EXPECT_EQ(unaliased_stride(0), 0);
  EXPECT_EQ(unaliased_stride(-256), -256);
}

// A matrix product has a workspace where it copies its rows: those that fall into one set of L1, which holds a line for
// each 4 KB, where a tile has more of them than the set has lines, and where enough columns repay the copy.
TEST(PlanValidationTest, RowsOfAMatrixAreCopiedWhereTheyCollide) {
  const auto workspace = [](std::int32_t in, std::int32_t out, std::int64_t pixels, std::int64_t ways,
                            std::int64_t stride = 0) {
    PlanOptions options;
    options.machine.l1_bytes = ways << 12;
    options.strides.src = stride;
    return pointwise(in, out).plan({1, 1, pixels, in}, options).value().workspace_bytes();
  };
  EXPECT_EQ(workspace(1024, 64, 3, 1), 3U * (4096 + 64));
  EXPECT_EQ(workspace(2048, 64, 3, 1), 3U * (8192 + 64));
  EXPECT_EQ(workspace(1000, 64, 3, 1, 1024), 3U * 4000 + 32);  // whole pieces of kWorkspaceAlignment
  EXPECT_EQ(workspace(1024, 64, 3, 1, 1040), 0U) << "another distance";
  EXPECT_EQ(workspace(1040, 64, 3, 1), 0U) << "other sets";
  EXPECT_EQ(workspace(512, 64, 3, 1), 0U) << "two sets";
  EXPECT_EQ(workspace(1024, 63, 3, 1), 0U) << "few columns";
  EXPECT_EQ(workspace(1024, 64, 2, 1), 0U) << "few rows";
  EXPECT_EQ(workspace(1024, 64, 3, 8), 0U) << "as many lines as rows";
}

TEST(PlanValidationTest, Candidates) {
  const Operator op = inverted_residual(3, 5, Padding::same(), false);
  const Shape input = {1, 6, 7, 3};
  const std::int32_t count = op.plan(input).value().report().candidates;
  EXPECT_GT(count, 1);
  PlanOptions options;
  for (options.candidate = 1; options.candidate <= count; ++options.candidate) {
    const Result<Plan> plan = op.plan(input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    EXPECT_EQ(plan->report().candidate, options.candidate);
    EXPECT_EQ(plan->report().candidates, count);
  }
  expect_refused("one too many", op.plan(input, options).status(), kInvalid,
                 {"candidate", std::to_string(count + 1), std::to_string(count)});
  options.candidate = -4;
  expect_refused("a negative one", op.plan(input, options).status(), kInvalid, {"candidate", "-4"});
}

TEST(PlanValidationTest, MachineModels) {
  const Operator op = conv2d();
  const Shape input = {1, 5, 5, 2};
  PlanOptions options;
  options.machine.l2_bytes = -512;
  expect_refused("a negative cache", op.plan(input, options).status(), kInvalid, {"machine.l2_bytes", "-512"});
  options.machine = {};
  options.machine.multiply_adds = std::numeric_limits<double>::infinity();
  expect_refused("an infinite rate", op.plan(input, options).status(), kInvalid, {"machine.multiply_adds", "inf"});
  options.machine = {};
  options.machine.memory_bandwidth = std::nan("");
  expect_refused("a rate that is no number", op.plan(input, options).status(), kInvalid,
                 {"machine.memory_bandwidth", "nan"});
  options.machine = {};
  options.machine.fork_seconds = -1.0;
  expect_refused("a negative time", op.plan(input, options).status(), kInvalid, {"machine.fork_seconds", "-1"});
}

TEST(PlanValidationTest, ATensorThatIsNchwHasNoPixelStride) {
  const Shape input = {1, 5, 6, 2};
  PlanOptions src, dst;
  src.strides.src = dst.strides.dst = 3;
  const Operator to_nhwc = create(ConvertLayoutParams{2, LayoutConversion::kNchwToNhwc}, "scalar").value();
  expect_refused("src", to_nhwc.plan(input, src).status(), kInvalid, {"strides.src", "3", "NCHW"});
  EXPECT_TRUE(to_nhwc.plan(input, dst).ok());
  const Operator to_nchw = create(ConvertLayoutParams{2, LayoutConversion::kNhwcToNchw}, "scalar").value();
  expect_refused("dst", to_nchw.plan(input, dst).status(), kInvalid, {"strides.dst", "3", "NCHW"});
  EXPECT_TRUE(to_nchw.plan(input, src).ok());
}

// Whatever the caches are said to be, a layer is planned.
TEST(PlanValidationTest, TheSmallestMachine) {
  PlanOptions options;
  options.machine.l1_bytes = options.machine.l2_bytes = options.machine.l3_bytes = 1;
  EXPECT_TRUE(conv2d(Padding::same()).plan({1, 7, 7, 2}, options).ok());
  EXPECT_TRUE(depthwise(Padding::same()).plan({1, 7, 7, 2}, options).ok());
  EXPECT_TRUE(pointwise(2, 3).plan({1, 7, 7, 2}, options).ok());
  EXPECT_TRUE(inverted_residual(2, 3, Padding::same(), true).plan({1, 7, 7, 2}, options).ok());
}

// A plan costs what its loops cost, not what the tensor would: none of these may take noticeable time or memory.
TEST(PlanValidationTest, InputsLargerThanAnyMachineArePlannedAtOnce) {
  for (const Shape& input : {Shape{1, 1, std::int64_t{1} << 40, 2}, Shape{1, std::int64_t{1} << 40, 1, 2},
                             Shape{std::int64_t{1} << 40, 4, 4, 2}}) {
    EXPECT_TRUE(pointwise(2, 3).plan(input).ok()) << input;
    EXPECT_TRUE(depthwise(Padding::same()).plan(input).ok()) << input;
    EXPECT_TRUE(conv2d(Padding::same()).plan(input).ok()) << input;
    EXPECT_TRUE(inverted_residual(2, 3, Padding::same(), true).plan(input).ok()) << input;
    EXPECT_TRUE(create(ConvertLayoutParams{2, {}}, "scalar").value().plan(input).ok()) << input;
  }
}

}  // namespace
}  // namespace tandem::test
