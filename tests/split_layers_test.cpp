// Networks of examples/network layer by layer: how blocks are split for the calibration, and joined again.
#include "network/split_layers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/random.hpp"
#include "layer_specs.hpp"
#include "network/join_blocks.hpp"
#include "network_run.hpp"
#include "random.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

using bench::RandomWeights;
using network::LayerSpec;
using network::Op;
using network::QuantisedNetwork;
using network::Range;

TEST(SplitLayers, GivesResidualsAndActivationsLayersOfTheirOwn) {
  const std::vector<LayerSpec> split = network::split_layers(branched());
  const std::vector<std::pair<std::string, std::int32_t>> expected = {
      {"stem", 0},
      {"stem.activation", 0},
      {"block.expand", 0},
      {"block.expand.activation", 0},
      {"block.depthwise", 0},
      {"block.depthwise.activation", 0},
      {"block.project", 0},
      {"block.project.add", 6},
      {"join", 0},
      {"join.add", 8},
      {"filter", 0},
      {"filter.activation", 0},
      {"pool", 0},
  };
  ASSERT_EQ(split.size(), expected.size());
  for (std::size_t i = 0; i < split.size(); ++i) {
    EXPECT_EQ(split[i].name, expected[i].first);
    EXPECT_EQ(split[i].shortcut, expected[i].second) << split[i].name;
    EXPECT_TRUE(network::has_quantised_form(split[i])) << split[i].name;
  }
  EXPECT_EQ(split[9].activation.lo, 0.0F);  // the ReLU comes after the sum
  EXPECT_TRUE(std::isinf(split[8].activation.lo));
}

TEST(SplitLayers, GivesTheStepsOfASqueezeExciteLayersOfTheirOwn) {
  std::vector<LayerSpec> specs = {layer("first", Op::kPointwise, 3, 8), layer("gates", Op::kSqueezeExcite, 8, 8)};
  specs[1].hidden_channels = 4;
  specs[1].layout = FilterLayout::kHwio;
  const std::vector<LayerSpec> split = network::split_layers(specs);
  const std::vector<std::pair<std::string, Op>> expected = {{"first", Op::kPointwise},
                                                            {"gates.mean", Op::kGlobalAveragePool},
                                                            {"gates.reduce", Op::kFullyConnected},
                                                            {"gates.expand", Op::kFullyConnected},
                                                            {"gates.expand.activation", Op::kActivation},
                                                            {"gates.multiply", Op::kMultiply}};
  ASSERT_EQ(split.size(), expected.size());
  for (std::size_t i = 0; i < split.size(); ++i) {
    EXPECT_EQ(split[i].name, expected[i].first);
    EXPECT_EQ(split[i].op, expected[i].second) << split[i].name;
    EXPECT_TRUE(network::has_quantised_form(split[i])) << split[i].name;
  }
  EXPECT_EQ(split[2].activation.lo, 0.0F);  // a ReLU is part of its layer
  EXPECT_EQ(split[2].out_channels, 4);
  EXPECT_EQ(split[3].layout, FilterLayout::kHwio);
  EXPECT_EQ(split[5].shortcut, 5);  // to what the mean reads
}

TEST(SplitLayers, ComputesTheSameInFp32) {
  for (const std::vector<LayerSpec>& specs : {branched(), squeezed()}) {
    const RandomWeights weights(specs, 1);
    const Shape input = {2, 9, 8, 3};
    const std::vector<float> image = Random(2).values(input.elements());
    const std::vector<float> whole = run_network(network::Network::create(specs, weights, input), image);
    const std::vector<float> split =
        run_network(network::Network::create(network::split_layers(specs), weights, input), image);
    EXPECT_LT(relative_error(split, whole), 1e-6);
  }
}

TEST(SplitLayers, MultiplyByOnePixelOfEachImage) {
  std::vector<LayerSpec> specs = {layer("a", Op::kPointwise, 8, 8), layer("b", Op::kMultiply, 8, 8)};
  const RandomWeights weights(specs, 1);
  const auto expect = [&](std::int32_t shortcut, const char* sentence) {
    specs[1].shortcut = shortcut;
    const auto network = network::Network::create(specs, weights, {2, 3, 1, 8});
    ASSERT_FALSE(network.ok());
    EXPECT_EQ(std::string(network.status().message()), sentence);
  };
  expect(1, "layer 'b': shortcut is 1, must be 2 to 2");
  expect(2, "layer 'b': it multiplies 2x3x1x8 by 2x3x1x8");
}

TEST(SplitLayers, KeepsAShortcutThatReachesTooFar) {
  for (const std::int32_t shortcut : {-1, 4}) {
    std::vector<LayerSpec> specs = branched();
    specs[2].shortcut = shortcut;
    const RandomWeights weights(specs, 1);
    const auto network = network::Network::create(network::split_layers(specs), weights, {1, 9, 8, 3});
    ASSERT_FALSE(network.ok());
    EXPECT_NE(std::string(network.status().message()).find("layer 'join.add': shortcut is"), std::string::npos);
  }
}

// A block with its own input added, one without, and a separable one; a residual spans two of them. The first block of
// branched() has an activation that is a layer of its own, so it stays as it is.
TEST(JoinBlocks, JoinsStagesAndTheAdditionOfTheirInput) {
  std::vector<LayerSpec> specs = {layer("stem", Op::kConv2d, 3, 16, Activation::relu6()),
                                  layer("adds", Op::kInvertedResidual, 16, 16),
                                  layer("plain", Op::kInvertedResidual, 16, 16),
                                  layer("pair", Op::kSeparable, 16, 16, Activation::relu()),
                                  layer("join", Op::kPointwise, 16, 16),
                                  layer("last", Op::kPointwise, 16, 8)};
  for (LayerSpec& spec : specs) spec.kernel = spec.op == Op::kPointwise ? 1 : 3;
  specs[1].hidden_channels = specs[2].hidden_channels = 48;
  specs[1].hidden_activation = specs[2].hidden_activation = specs[3].hidden_activation = Activation::relu6();
  specs[1].shortcut = 1;
  specs[4].shortcut = 3;
  std::vector<Range> ranges(network::split_layers(specs).size() + 1, {-3.0F, 3.0F});
  const Result<QuantisedNetwork> split = network::quantise(specs, ranges);
  ASSERT_TRUE(split.ok()) << split.status().message();
  const QuantisedNetwork joined = network::join_blocks(*split);
  const std::vector<std::pair<std::string, std::int32_t>> expected = {
      {"quantize", 0}, {"stem", 0}, {"adds", 1}, {"plain", 0}, {"pair", 0}, {"join", 0}, {"join.add", 4}, {"last", 0}};
  ASSERT_EQ(joined.specs.size(), expected.size());
  ASSERT_EQ(joined.types.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(joined.specs[i].name, expected[i].first);
    EXPECT_EQ(joined.specs[i].shortcut, expected[i].second) << joined.specs[i].name;
  }
  const RandomWeights weights(specs, 1);
  const Shape input = {2, 9, 8, 3};
  const std::vector<float> image = Random(2).values(input.elements());
  const auto run = [&](const QuantisedNetwork& q) {
    return run_network(network::Network::create(q.specs, weights, input, {}, {}, q.types), image);
  };
  EXPECT_EQ(first_difference(run(joined), run(*split)), -1);
}

// The steps of a squeeze-and-excite become part of the block round them, or one operator where there is no such block.
TEST(JoinBlocks, JoinsTheStepsOfSqueezeExcites) {
  const std::vector<LayerSpec> specs = squeezed();
  const std::vector<Range> ranges(network::split_layers(specs).size() + 1, {-3.0F, 3.0F});
  const Result<QuantisedNetwork> split = network::quantise(specs, ranges);
  ASSERT_TRUE(split.ok()) << split.status().message();
  const auto expect_joined = [](const QuantisedNetwork& q, const std::vector<std::string>& names) {
    const QuantisedNetwork joined = network::join_blocks(q);
    std::vector<std::string> got;
    for (const LayerSpec& spec : joined.specs) got.push_back(spec.name);
    EXPECT_EQ(got, names);
    return joined;
  };
  const QuantisedNetwork joined = expect_joined(*split, {"quantize", "stem", "adds", "pair", "widens", "filter",
                                                         "filter.activation", "gates", "join", "join.add", "last"});
  EXPECT_EQ(joined.specs[2].squeezed_channels, 8);
  EXPECT_EQ(joined.specs[2].shortcut, 1);
  EXPECT_EQ(joined.specs[7].op, Op::kSqueezeExcite);
  EXPECT_EQ(joined.specs[9].shortcut, 5);  // over filter, its activation, gates and join

  QuantisedNetwork other = *split;  // steps that are not those of the block round them
  for (LayerSpec& spec : other.specs) {
    if (spec.name.starts_with("pair.squeeze_excite")) spec.name.replace(0, 4, "else");
  }
  expect_joined(other, {"quantize", "stem", "adds", "pair.depthwise", "else.squeeze_excite", "pair.pointwise", "widens",
                        "filter", "filter.activation", "gates", "join", "join.add", "last"});
}

}  // namespace
}  // namespace tandem::test
