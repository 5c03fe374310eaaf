// Quantised networks of examples/network: which layers they have, which scales, that their outputs are near those of the
// fp32 network they come from, and have the same bits on every ISA and for any number of threads.
#include "network/quantised_network.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/random.hpp"
#include "bench/shapes/networks.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "layer_specs.hpp"
#include "network/calibration.hpp"
#include "network/join_blocks.hpp"
#include "network/split_layers.hpp"
#include "network_run.hpp"
#include "random.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

using bench::RandomWeights;
using network::Calibrator;
using network::LayerSpec;
using network::Op;
using network::QuantisedNetwork;
using network::Range;

std::vector<Range> calibrate(const std::vector<LayerSpec>& specs, const network::WeightSource& weights,
                             const Shape& input, const std::vector<std::vector<float>>& images) {
  Result<Calibrator> calibrator = Calibrator::create(specs, weights, input);
  if (!calibrator) {
    ADD_FAILURE() << calibrator.status().message();
    return {};
  }
  for (const std::vector<float>& image : images) {
    const Status status = calibrator->add(image.data());
    EXPECT_TRUE(status.ok()) << status.message();
  }
  return calibrator->ranges();
}

TEST(QuantizationOf, HoldsZeroAndBothEnds) {
  const auto expect = [](Range range, float scale, std::int32_t zero_point) {
    const Quantization q = network::quantization_of(range);
    EXPECT_EQ(q.scale, scale) << range.least << " to " << range.greatest;
    EXPECT_EQ(q.zero_point, zero_point) << range.least << " to " << range.greatest;
  };
  expect({0.0F, 255.0F}, 1.0F, 0);
  expect({0.0F, 6.0F}, 6.0F / 255.0F, 0);
  expect({-1.0F, 1.0F}, 2.0F / 255.0F, 127);  // fp32 has no 2 / 255, only a little more
  expect({-51.0F, 204.0F}, 1.0F, 51);
  expect({-510.0F, 0.0F}, 2.0F, 255);
  expect({0.0F, 0.0F}, 1.0F, 0);
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const Range range = {-std::abs(random.value()), 100.0F * std::abs(random.value())};
    const Quantization q = network::quantization_of(range);
    const auto scale = static_cast<double>(q.scale);
    ASSERT_GE(q.zero_point, 0);
    ASSERT_LE(q.zero_point, 255);
    EXPECT_LE(std::abs(scale * -q.zero_point - static_cast<double>(range.least)), 0.5001 * scale);
    EXPECT_LE(std::abs(scale * (255 - q.zero_point) - static_cast<double>(range.greatest)), 0.5001 * scale);
  }
}

TEST(Calibrator, KeepsTheRangesOfAllInputs) {
  // One channel: y = relu6(2 x + 1), z = -y.
  const std::vector<LayerSpec> specs = {layer("a", Op::kPointwise, 1, 1, Activation::relu6()),
                                        layer("b", Op::kPointwise, 1, 1)};
  const std::vector<float> two = {2.0F}, one = {1.0F}, minus_one = {-1.0F};
  const network::WeightSource weights = [&](const std::string& name) -> FloatSpan {
    if (name == "a.weight") return two;
    if (name == "a.bias") return one;
    return name == "b.weight" ? FloatSpan(minus_one) : FloatSpan();
  };
  const std::vector<Range> ranges = calibrate(specs, weights, {1, 1, 2, 1}, {{0.25F, 1.0F}, {-4.0F, 0.5F}});
  ASSERT_EQ(ranges.size(), 3U);
  const auto expect = [](const Range& range, float least, float greatest) {
    EXPECT_EQ(range.least, least);
    EXPECT_EQ(range.greatest, greatest);
  };
  expect(ranges[0], -4.0F, 1.0F);
  expect(ranges[1], 0.0F, 3.0F);  // zero is always part of it
  expect(ranges[2], -3.0F, 0.0F);

  Result<Calibrator> calibrator = Calibrator::create(specs, weights, {1, 1, 2, 1});
  ASSERT_TRUE(calibrator.ok());
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(calibrator->add(std::vector<float>{0.0F, infinity}.data()).ok());
  const Status overflow = calibrator->add(std::vector<float>{0.0F, std::numeric_limits<float>::max()}.data());
  EXPECT_TRUE(overflow.ok()) << overflow.message();  // relu6 cuts it
}

// Pixels of 256 floats have a gap between them, so that they do not share sets of L1.
TEST(Calibrator, SeesTheLastChannelOfTheLastPixel) {
  const std::vector<LayerSpec> specs = {layer("a", Op::kPointwise, 1, 256), layer("b", Op::kPointwise, 256, 1)};
  ASSERT_GT(unaliased_stride(256, DataType::kF32), 256);
  std::vector<float> filter(256, 0.0F);
  filter.back() = 2.0F;
  const network::WeightSource weights = [&](const std::string& name) -> FloatSpan {
    return name.ends_with(".weight") ? FloatSpan(filter) : FloatSpan();
  };
  const std::vector<Range> ranges = calibrate(specs, weights, {1, 3, 3, 1}, {{0, 0, 0, 0, 0, 0, 0, 0, 3}});
  ASSERT_EQ(ranges.size(), 3U);
  EXPECT_EQ(ranges[1].greatest, 6.0F);
  EXPECT_EQ(ranges[1].least, 0.0F);
  EXPECT_EQ(ranges[2].greatest, 12.0F);
}

TEST(Quantise, RefusesRangesOfOtherTensors) {
  EXPECT_FALSE(network::quantise(branched(), std::vector<Range>(5)).ok());
  EXPECT_FALSE(network::quantise({}, std::vector<Range>(1)).ok());
}

TEST(Quantise, GivesEachTensorItsOwnTypeWhereverItIsRead) {
  const std::vector<LayerSpec> specs = branched();
  std::vector<Range> ranges;
  for (std::size_t i = 0; i <= network::split_layers(specs).size(); ++i) {
    ranges.push_back({-static_cast<float>(i), 100.0F});
  }
  const Result<QuantisedNetwork> q = network::quantise(specs, ranges);
  ASSERT_TRUE(q.ok()) << q.status().message();
  ASSERT_EQ(q->specs.size(), ranges.size() + 1);
  ASSERT_EQ(q->types.size(), q->specs.size());
  EXPECT_EQ(q->specs.front().op, Op::kQuantize);
  EXPECT_EQ(q->specs.back().op, Op::kDequantize);  // after the pool, which cannot yield fp32
  EXPECT_EQ(q->types.front().src.type, DataType::kF32);
  EXPECT_EQ(q->types.back().dst.type, DataType::kF32);
  const auto expect_tensor = [&](const TensorType& type, std::size_t tensor) {
    EXPECT_EQ(type.type, DataType::kU8);
    EXPECT_EQ(type.quantization.scale, network::quantization_of(ranges[tensor]).scale) << tensor;
    EXPECT_EQ(type.quantization.zero_point, network::quantization_of(ranges[tensor]).zero_point) << tensor;
  };
  std::size_t additions = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {  // layer i writes the tensor of range i, the next one reads it
    expect_tensor(q->types[i].dst, i);
    expect_tensor(q->types[i + 1].src, i);
    if (q->specs[i].shortcut == 0) continue;
    expect_tensor(q->types[i].residual, i - static_cast<std::size_t>(q->specs[i].shortcut));
    ++additions;
  }
  EXPECT_EQ(additions, 2U);
}

// Channel 1 has been switched off by a batch normalisation, and is still its bias; in the units of its weights that takes 40 bits.
TEST(Quantise, KeepsTheBiasOfAChannelWithoutWeights) {
  const std::vector<float> outer = {0.5F, 0.25F, 1e-9F, -1e-9F}, inner = {0.5F, 1e-9F, 0.25F, -1e-9F};
  const std::vector<float> bias = {0.0F, 3.0F}, image = {4.0F, -2.0F};
  for (const FilterLayout layout : {FilterLayout::kOihw, FilterLayout::kHwio}) {
    std::vector<LayerSpec> specs = {layer("a", Op::kPointwise, 2, 2, Activation::relu6())};
    specs[0].layout = layout;
    const network::WeightSource weights = [&](const std::string& name) -> FloatSpan {
      if (name == "a.bias") return bias;
      return layout == FilterLayout::kOihw ? outer : inner;
    };
    const Shape input = {1, 1, 1, 2};
    const Result<QuantisedNetwork> q = network::quantise(specs, calibrate(specs, weights, input, {image}));
    ASSERT_TRUE(q.ok()) << q.status().message();
    const std::vector<float> output =
        run_network(network::Network::create(q->specs, weights, input, {}, {}, q->types), image);
    ASSERT_EQ(output.size(), 2U);
    EXPECT_NEAR(output[0], 1.5F, 0.03F);  // half a step of the image is 0.012
    EXPECT_NEAR(output[1], 3.0F, 1e-5F);
  }
}

/// Networks of the benchmarks, and those above, some of whose activations are tables.
class QuantisedNetworkTest : public testing::TestWithParam<std::string> {
 protected:
  static std::vector<LayerSpec> specs_of(const std::string& name) {
    if (name == "branched") return branched();
    if (name == "squeezed") return squeezed();
    for (const bench::shapes::Table& table : bench::shapes::networks()) {
      if (table.name == name) return bench::shapes::layer_specs(table);
    }
    ADD_FAILURE() << "no network is named " << name;
    return {};
  }

  /// Half as much again as was measured. A tensor has 255 steps from its least to its greatest value, so random weights, whose
  /// linear outputs have far outliers, lose more the more of such outputs are added up: V2 has ten residuals, V1 none.
  static double bound_of(const std::string& name) {
    if (name == "branched") return 0.013;
    if (name == "squeezed") return 0.046;
    if (name == "mobilenet_v1") return 0.027;
    if (name == "mobilenet_v3_small") return 0.02;
    return name == "mobilenet_v2" ? 0.25 : 0.13;
  }
};

TEST_P(QuantisedNetworkTest, IsNearTheFp32NetworkAndHasTheSameBitsEverywhere) {
  const std::vector<LayerSpec> specs = specs_of(GetParam());
  const RandomWeights weights(specs, 1);
  const Shape input = {1, 64, 64, 3};
  const std::vector<float> image = Random(2).values(input.elements());
  const std::vector<Range> ranges = calibrate(specs, weights, input, {image, Random(3).values(input.elements())});
  const Result<QuantisedNetwork> quantised = network::quantise(specs, ranges);
  ASSERT_TRUE(quantised.ok()) << quantised.status().message();

  const QuantisedNetwork joined = network::join_blocks(*quantised);
  const std::vector<float> exact = run_network(network::Network::create(specs, weights, input), image);
  std::vector<float> first;
  for (const std::string& isa : int8_isas_under_test()) {
    for (const std::int32_t threads : {1, 2}) {
      const CurrentCase described(GetParam() + ", " + isa + ", threads " + std::to_string(threads));
      PlanOptions options;
      options.threads = threads;
      const std::vector<float> logits = run_network(
          network::Network::create(quantised->specs, weights, input, options, {isa.c_str()}, quantised->types), image);
      ASSERT_EQ(logits.size(), exact.size());
      if (first.empty()) first = logits;
      EXPECT_EQ(first_difference(logits, first), -1);
      const std::vector<float> of_blocks = run_network(
          network::Network::create(joined.specs, weights, input, options, {isa.c_str()}, joined.types), image);
      EXPECT_EQ(first_difference(of_blocks, first), -1) << "by blocks";
    }
  }
  EXPECT_LT(relative_error(first, exact), bound_of(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Networks, QuantisedNetworkTest,
                         testing::Values("branched", "squeezed", "mobilenet_v1", "mobilenet_v2", "efficientnet_lite0",
                                         "mobilenet_v3_small"),
                         isa_test_name);

}  // namespace
}  // namespace tandem::test
