// Squeeze-and-excite on every ISA against the reference, and against the operators that it is made of.
#include <algorithm>

#include "creation.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "printers.hpp"
#include "subjects.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class SqueezeExciteTest : public testing::TestWithParam<std::string> {
 protected:
  static SqueezeExciteParams params(std::int32_t channels, std::int32_t reduced) {
    SqueezeExciteParams p;
    p.channels = channels;
    p.reduced_channels = reduced;
    return p;
  }

  struct Weights {
    Weights(const SqueezeExciteParams& p, bool bias, Random& random)
        : reduce(random_weights(reduce_shape(p), bias, random)),
          expand(random_weights(expand_shape(p), bias, random)) {}
    reference::Weights reduce;
    reference::Weights expand;
  };
  static FilterShape reduce_shape(const SqueezeExciteParams& p) { return {p.reduced_channels, p.channels, 1, 1}; }
  static FilterShape expand_shape(const SqueezeExciteParams& p) { return {p.channels, p.reduced_channels, 1, 1}; }

  void expect(const SqueezeExciteParams& p, const Shape& image, FilterLayout layout = FilterLayout::kOihw,
              bool bias = true, std::uint64_t seed = 1) const {
    expect_layer({p, {image.n, image.h, image.w, p.channels}, {layout, layout}, {bias, bias}}, GetParam(), seed);
  }
};

TEST_P(SqueezeExciteTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const Shape& image : edge_images(channels)) expect(params(channels, std::max(channels / 4, 1)), image);
  }
}

TEST_P(SqueezeExciteTest, ReducedChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t reduced : channel_edges(GetParam())) expect(params(20, reduced), {2, 3, 5});
}

TEST_P(SqueezeExciteTest, Affines) {
  const std::vector<float> nine = Random(2).values(9), all = Random(3).values(37);
  SqueezeExciteParams p = params(37, 9);
  p.activation = p.activation.with_affine(nine, {nine.data(), 1});
  p.gate = p.gate.with_affine({}, all);
  expect(p, {2, 4, 5});
}

TEST_P(SqueezeExciteTest, ActivationsOfTheNetworks) {
  for (const Activation& gate : {Activation::sigmoid(), Activation::hard_sigmoid(), Activation::relu6()}) {
    for (const Activation& activation : {Activation::relu(), Activation::silu(), Activation::none()}) {
      SqueezeExciteParams p = params(37, 9);
      p.activation = activation;
      p.gate = gate;
      expect(p, {2, 4, 5});
    }
  }
}

TEST_P(SqueezeExciteTest, EveryFilterLayoutWithAndWithoutBias) {
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    for (const bool bias : {false, true}) expect(params(21, 5), {1, 3, 3}, layout, bias);
  }
}

TEST_P(SqueezeExciteTest, LayersLargeEnoughToBeShared) {
  expect(params(32, 8), {1, 112, 112});
  expect(params(960, 240), {1, 7, 7});
  expect(params(121, 30), {3, 28, 28});
}

TEST_P(SqueezeExciteTest, RandomCases) {
  for (const std::uint64_t seed : sweep(50).seeds()) {
    Random random(seed);
    const SqueezeExciteParams p = params(random.size(1, 150), random.size(1, 40));
    const Shape image = {random.integer(1, 4), random.integer(1, 20), random.integer(1, 20)};
    expect(p, image, random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}), random.coin(), seed);
  }
}

// The bits of its parts: mean, two fully connected layers, products.
TEST_P(SqueezeExciteTest, BitsAreThoseOfItsParts) {
  for (const Shape& input : {Shape{2, 9, 11, 50}, Shape{1, 56, 56, 72}}) {
    const CurrentCase described(text(input));
    const SqueezeExciteParams p = params(static_cast<std::int32_t>(input.c), 13);
    Random random(3);
    const Weights weights(p, true, random);
    const Subject whole = {"", create(p, weights.reduce, weights.expand, GetParam()).value(), input, false, false};
    const Tensors tensors(whole);
    const std::vector<float> dst = run_once(whole, tensors, {8, Executor()});

    const Shape pooled = {input.n, 1, 1, input.c};
    const auto run = [&](const Operator& op, const Shape& shape, const std::vector<float>& src) {
      const Subject part = {"", op, shape, false, false};
      Tensors of_part(part);
      of_part.src = src;
      return run_once(part, of_part, {1, Executor::inline_only()});
    };
    const FullyConnectedParams reduce = {p.channels, p.reduced_channels, p.activation};
    const FullyConnectedParams expand = {p.reduced_channels, p.channels, p.gate};
    const std::vector<float> means =
        run(create(GlobalAveragePoolParams{p.channels, {}}, GetParam()).value(), input, tensors.src);
    const std::vector<float> hidden = run(create(reduce, weights.reduce, GetParam()).value(), pooled, means);
    const std::vector<float> gates =
        run(create(expand, weights.expand, GetParam()).value(), {input.n, 1, 1, p.reduced_channels}, hidden);
    std::vector<float> expected = tensors.src;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::size_t channel = i % static_cast<std::size_t>(input.c);
      const std::size_t image = i / static_cast<std::size_t>(input.h * input.w * input.c);
      expected[i] *= gates[image * static_cast<std::size_t>(input.c) + channel];
    }
    EXPECT_EQ(first_difference(dst, expected), -1);
  }
}

TEST_P(SqueezeExciteTest, InPlaceOnAnyNumberOfThreads) {
  for (const Shape& input : {Shape{2, 9, 11, 50}, Shape{1, 56, 56, 72}, Shape{1, 1, 1, 3}}) {
    const SqueezeExciteParams p = params(static_cast<std::int32_t>(input.c), 13);
    Random random(4);
    const Weights weights(p, true, random);
    const Subject subject = {"", create(p, weights.reduce, weights.expand, GetParam()).value(), input, false, false};
    const Tensors tensors(subject);
    const std::vector<float> expected = run_once(subject, tensors, {1, Executor::inline_only()});
    for (const std::int32_t threads : {1, 2, 8}) {
      const CurrentCase described(text(input, ", ", threads, " threads"));
      const Plan plan = subject.op.plan(input, {threads, Executor()}).value();
      Workspace workspace(plan);
      std::vector<float> tensor = tensors.src;
      const Status status = plan.run(tensor.data(), tensor.data(), workspace.data());
      ASSERT_TRUE(status.ok()) << status.message();
      EXPECT_EQ(first_difference(tensor, expected), -1);
    }
  }
}

TEST_P(SqueezeExciteTest, CountsItsProductsAndTellsItsKind) {
  Random random(5);
  const SqueezeExciteParams p = params(24, 6);
  const Weights weights(p, true, random);
  const Operator op = create(p, weights.reduce, weights.expand, GetParam()).value();
  EXPECT_STREQ(op.name(), "squeeze_excite");
  const Plan plan = op.plan({2, 5, 6, 24}).value();
  EXPECT_EQ(plan.op_count(), 2 * 2 * 24 * 6);
  EXPECT_EQ(plan.report().kind, PlanKind::kSqueezeExcite);
  EXPECT_EQ(std::string(plan.explain()).rfind("squeeze-and-excite, ", 0), 0U) << plan.explain();
}

INSTANTIATE_TEST_SUITE_P(Isas, SqueezeExciteTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
