// Fully connected layers on every ISA against the reference.
#include "isas.hpp"
#include "layer_check.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class FullyConnectedTest : public testing::TestWithParam<std::string> {
 protected:
  struct Case {
    FullyConnectedParams params;
    Shape input;  // h * w * c == in_features
    FilterLayout layout = FilterLayout::kOihw;
    bool bias = true;
  };

  static FullyConnectedParams params(std::int32_t in, std::int32_t out, const Activation& activation = {},
                                     bool residual = false) {
    return {in, out, activation, residual};
  }

  void expect(const Case& c, std::uint64_t seed = 1) const {
    expect_layer({c.params, c.input, {c.layout}, {c.bias}}, GetParam(), seed);
  }
};

TEST_P(FullyConnectedTest, FeaturesAtTheEdgesOfAVector) {
  for (const std::int32_t in : channel_edges(GetParam())) {
    for (const std::int32_t out : channel_edges(GetParam())) {
      for (const std::int64_t batch : {1, 2}) expect({params(in, out), {batch, 1, 1, in}});
    }
  }
}

TEST_P(FullyConnectedTest, EveryBatchOfAFewTiles) {
  for (std::int64_t batch = 1; batch <= 30; ++batch) expect({params(20, 37), {batch, 1, 1, 20}});
}

TEST_P(FullyConnectedTest, AnImageIsFlattened) {
  expect({params(60, 10), {1, 3, 4, 5}});
  expect({params(60, 10), {3, 4, 1, 15}});
}

TEST_P(FullyConnectedTest, EveryFilterLayoutWithAndWithoutBias) {
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio}) {
    for (const bool bias : {false, true}) expect({params(13, 21), {2, 1, 1, 13}, layout, bias});
  }
}

TEST_P(FullyConnectedTest, ActivationAndResidual) {
  const std::vector<float> slope = slopes(33);
  for (const bool residual : {false, true}) {
    for (const ResidualOrder order : {ResidualOrder::kBeforeActivation, ResidualOrder::kAfterActivation}) {
      for (const Activation& activation : every_activation(slope)) {
        FullyConnectedParams p = params(19, 33, activation, residual);
        p.residual_order = order;
        expect({p, {2, 1, 1, 19}});
      }
    }
  }
}

TEST_P(FullyConnectedTest, SeveralPixels) {
  expect({params(60, 21), {2, 3, 4, 5}});
  expect({params(120, 5), {1, 5, 1, 24}});
}

TEST_P(FullyConnectedTest, LayersLargeEnoughToBeShared) {
  expect({params(1024, 1000), {1, 1, 1, 1024}});
  expect({params(300, 100), {16, 1, 1, 300}});
}

TEST_P(FullyConnectedTest, RandomCases) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    Case c;
    c.input = {random.integer(1, 9), random.integer(1, 3), random.integer(1, 3), random.integer(1, 40)};
    const auto features = static_cast<std::int32_t>(c.input.h * c.input.w * c.input.c);
    c.params = params(features, random.size(1, 130), random_activation(random), random.coin());
    c.bias = random.coin();
    c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
    expect(c, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, FullyConnectedTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
