// What a plug-in does with a Compiled: many shapes, many threads, many errors.
#include "engines/graph/compile.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "tests/allocation_counter.hpp"
#include "tests/engines/small_graph.hpp"
#include "tests/engines/toy_engine.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kAnySize{kUnknown, 3, kUnknown, kUnknown};

SmallGraph any_size() {
  SmallGraph s;
  const Dims deep{kUnknown, 8, kUnknown, kUnknown};
  const ValueId x = s.conv(s.input(kAnySize), kAnySize, 8, 3);
  const ValueId y = s.conv(s.conv(x, deep, 8, 3, 8), deep, 8);
  s.output(s.activation(s.node(Op::kAdd, {x, y}, deep), deep, Activation::relu()));
  return s;
}

Compiled compiled(const SmallGraph& s, const CompileOptions& options = {}) {
  Result<Compiled> c = compile(s.g, options);
  EXPECT_TRUE(c.ok()) << c.status().message();
  return std::move(c.value());
}

TEST(Compile, RunsEverySizeAndKeepsFewPlans) {
  const SmallGraph s = any_size();
  CompileOptions options;
  options.plans = 2;
  const Compiled c = compiled(s, options);
  std::size_t with_the_largest = 0;
  for (const std::int64_t size : {4, 9, 4, 17, 5, 6, 7, 4}) {
    const std::vector<FloatArray> inputs{random_array({2, 3, size, size + 1}, 5)};
    std::vector<FloatArray> outputs(1);
    ASSERT_TRUE(run(c, inputs, &outputs).ok());
    EXPECT_LE(worst(outputs, expected(s.g, inputs)), 1.0);
    if (size == 17) with_the_largest = c.bytes();
  }
  EXPECT_LT(c.bytes(), with_the_largest);  // its plan is gone
  EXPECT_NE(c.explain(), "");
}

TEST(Compile, RunsFromManyThreads) {
  const SmallGraph s = any_size();
  CompileOptions options;
  options.plans = 2;
  options.threads = 2;
  const Compiled c = compiled(s, options);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = 0; i < 12; ++i) {
        const std::vector<FloatArray> inputs{
            random_array({1, 3, 4 + i % 3, 6}, t * 100 + static_cast<std::uint64_t>(i))};
        std::vector<FloatArray> outputs(1);
        ASSERT_TRUE(run(c, inputs, &outputs).ok());
        EXPECT_LE(worst(outputs, expected(s.g, inputs)), 1.0);
      }
    });
  }
  for (std::thread& t : threads) t.join();
}

TEST(Compile, ASecondRunAllocatesNothing) {
  if (!resource_count_works()) GTEST_SKIP() << "a sanitizer replaces the functions that are counted";
  const Compiled c = compiled(any_size());
  const FloatArray x = random_array({1, 3, 9, 9}, 3);
  const InputTensor input{x.data.data(), x.dims.data(), x.dims.size()};
  std::vector<float> y(8 * 81);
  GraphRun r;
  r.inputs = &input;
  r.input_count = 1;
  r.self = y.data();
  r.output = [](void* self, std::size_t, const std::int64_t*, std::size_t) { return self; };
  ASSERT_TRUE(c.run(r).ok());
  const std::int64_t before = resource_count().allocations;
  ASSERT_TRUE(c.run(r).ok());
  EXPECT_EQ(resource_count().allocations, before);
}

TEST(Compile, AnswersErrors) {
  const Compiled c = compiled(any_size());
  std::vector<FloatArray> outputs(1);
  const auto code = [&](const std::vector<FloatArray>& inputs) { return run(c, inputs, &outputs).code(); };
  EXPECT_EQ(code({}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({random_array({1, 4, 5, 5}, 1)}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({random_array({1, 3, 5}, 1)}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({random_array({1, 3, 0, 5}, 1)}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({random_array({1, 3, 5, 5}, 1)}), StatusCode::kOk);
  EXPECT_EQ(Compiled().run({}).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(c.run({}).code(), StatusCode::kInvalidArgument);
  CompileOptions options;
  options.threads = 0;
  EXPECT_EQ(compile(any_size().g, options).status().code(), StatusCode::kInvalidArgument);

  const FloatArray x = random_array({1, 3, 5, 5}, 1);
  const InputTensor input{x.data.data(), x.dims.data(), x.dims.size()};
  GraphRun r;
  r.inputs = &input;
  r.input_count = 1;
  r.output = [](void*, std::size_t, const std::int64_t*, std::size_t) -> void* { return nullptr; };
  EXPECT_EQ(c.run(r).code(), StatusCode::kOutOfMemory);
  const Dims below{1, 3, -5, 5};
  const InputTensor negative{x.data.data(), below.data(), below.size()};
  r.inputs = &negative;
  EXPECT_EQ(c.run(r).code(), StatusCode::kInvalidArgument);
  const InputTensor nothing{nullptr, x.dims.data(), x.dims.size()};
  r.inputs = &nothing;
  r.output = [](void* self, std::size_t, const std::int64_t*, std::size_t) { return self; };
  std::vector<float> y(8 * 25);
  r.self = y.data();
  EXPECT_EQ(c.run(r).code(), StatusCode::kInvalidArgument);
}

TEST(Compile, AnEmptyBatchHasEmptyOutputs) {
  const Compiled c = compiled(any_size());
  std::vector<FloatArray> outputs(1);
  ASSERT_TRUE(run(c, {FloatArray{{0, 3, 5, 6}, {}}}, &outputs).ok());
  EXPECT_EQ(outputs[0].dims, (Dims{0, 8, 5, 6}));
}

TEST(Compile, RefusesWhatClaimDeclines) {
  SmallGraph s;
  s.output(s.node(Op::kForeign, {s.input({1, 3, 4, 4})}, {1, 3, 4, 4}));
  EXPECT_EQ(compile(s.g).status().code(), StatusCode::kUnsupported);
}

TEST(Compile, ViewsOfTheInputAreCopied) {
  SmallGraph s;
  const ValueId x = s.input({2, 3, 4, 5});
  s.output(s.node(Op::kReshape, {x}, {2, 60}, ReshapeAttributes{true, {0, -1}}));
  s.output(s.node(Op::kTranspose, {x}, {5, 4, 3, 2}, TransposeAttributes{{3, 2, 1, 0}}));
  s.output(s.node(Op::kSlice, {x}, {2, 2, 4, 5}, SliceAttributes{{1}, {1}, {3}, {1}}));
  const Compiled c = compiled(s);
  const std::vector<FloatArray> inputs{random_array({2, 3, 4, 5}, 1)};
  std::vector<FloatArray> outputs(3);
  ASSERT_TRUE(run(c, inputs, &outputs).ok());
  EXPECT_EQ(worst(outputs, expected(s.g, inputs)), 0.0);
}

// Compiled and run, it agrees with the interpreter.
void expect_runs(const SmallGraph& s, const std::vector<FloatArray>& inputs) {
  std::vector<FloatArray> outputs(s.g.outputs.size());
  const Status status = run(compiled(s), inputs, &outputs);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_LE(worst(outputs, expected(s.g, inputs)), 1.0);
}

TEST(Compile, ACropOfTwoAxes) {
  for (const bool image : {false, true}) {
    SmallGraph s;
    const Dims dims{2, 5, 6, 7};
    ValueId x = s.input(dims);
    if (image) x = s.conv(x, dims, 5, 3);
    s.output(s.node(Op::kSlice, {x}, {2, 5, 3, 5}, SliceAttributes{{2, 3}, {1, -5}, {4, 99}, {1, 1}}));
    s.output(
        s.node(Op::kSlice, {x}, {1, 2, 3, 5}, SliceAttributes{{3, 0, 2, 1}, {1, 1, 2, 0}, {6, 2, 5, 2}, {1, 1, 1, 1}}));
    expect_runs(s, {random_array(dims, 3)});
  }
}

TEST(Compile, BroadcastsOneInputOrBoth) {
  SmallGraph s;
  const ValueId row = s.input({1, 3, 1, 5}), column = s.input({2, 3, 4, 1}), image = s.input({2, 3, 4, 5});
  s.output(s.node(Op::kMul, {row, column}, {2, 3, 4, 5}));
  s.output(s.node(Op::kSub, {row, image}, {2, 3, 4, 5}));
  s.output(s.node(Op::kSub, {s.weights({3, 4, 5}), image}, {2, 3, 4, 5}));
  s.output(s.node(Op::kAdd, {image, s.weights({1, 3, 1, 5})}, {2, 3, 4, 5}));
  expect_runs(s, {random_array({1, 3, 1, 5}, 1), random_array({2, 3, 4, 1}, 2), random_array({2, 3, 4, 5}, 3)});
}

TEST(Compile, SizesThatAreOpenMayHaveToBeBroadcast) {
  SmallGraph s;
  const ValueId a = s.input({1, 4, kUnknown, kUnknown}), b = s.input({1, 4, kUnknown, kUnknown});
  s.output(s.node(Op::kAdd, {s.conv(a, {1, 4, kUnknown, kUnknown}, 4, 3), b}, {1, 4, kUnknown, kUnknown}));
  for (const Dims& other : {Dims{1, 4, 5, 6}, Dims{1, 4, 1, 6}, Dims{1, 4, 1, 1}}) {
    expect_runs(s, {random_array({1, 4, 5, 6}, 1), random_array(other, 2)});
    expect_runs(s, {random_array(other, 1), random_array({1, 4, 5, 6}, 2)});
  }
}

TEST(Compile, PixelsBecomeChannels) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    SmallGraph s;
    s.g.layout = layout;
    const bool first = layout == Layout::kNchw;
    const Dims from = first ? Dims{2, 3, 4, 6} : Dims{2, 4, 6, 3};
    s.output(s.node(Op::kSpaceToDepth, {s.input(from)}, first ? Dims{2, 12, 2, 3} : Dims{2, 2, 3, 12},
                    BlockAttributes{2, true}));
    expect_runs(s, {random_array(from, 4)});
  }
}

TEST(Compile, AnEmptyTensorBesideAFullOne) {
  SmallGraph s;
  const ValueId x = s.input({1, 4, 5, 6});
  const ValueId nothing = s.node(Op::kSlice, {x}, {1, 0, 5, 6}, SliceAttributes{{1}, {3}, {2}, {1}});
  s.output(s.node(Op::kConcat, {nothing, x, s.weights({1, 1, 5, 6})}, {1, 5, 5, 6}, AxisAttributes{1}));
  s.output(s.activation(nothing, {1, 0, 5, 6}, Activation::relu()));
  s.output(s.node(Op::kPad, {nothing}, {1, 2, 5, 6}, PadAttributes{{0, 1, 0, 0}, {0, 1, 0, 0}, 0.5F}));
  expect_runs(s, {random_array({1, 4, 5, 6}, 5)});
}

TEST(Compile, TheEngineMayBeWrongAboutSizes) {
  SmallGraph s;
  s.output(s.conv(s.input({1, 4, 5, 6}), {1, 4, 5, 6}, 8, 3));
  expect_runs(s, {random_array({2, 4, 7, 6}, 5)});
}

TEST(Compile, TheOutputsShapesWithoutARun) {
  const Compiled c = compiled(any_size());
  const Dims dims{1, 3, 7, 9};
  const InputTensor input{nullptr, dims.data(), dims.size()};
  Dims got;
  GraphRun r;
  r.inputs = &input;
  r.input_count = 1;
  r.self = &got;
  r.output = [](void* self, std::size_t, const std::int64_t* d, std::size_t rank) -> void* {
    static_cast<Dims*>(self)->assign(d, d + rank);
    return nullptr;
  };
  ASSERT_TRUE(c.output_shapes(r).ok());
  EXPECT_EQ(got, (Dims{1, 8, 7, 9}));
}

}  // namespace
}  // namespace tandem::test
