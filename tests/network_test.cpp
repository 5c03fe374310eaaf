// The networks of bench/shapes against the reference in double: each layer within the bound that is derived for it,
// from the very input that it had in the network, and the logits of the whole network.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "bench/common/random.hpp"
#include "bench/shapes/networks.hpp"
#include "current_case.hpp"
#include "environment.hpp"
#include "isas.hpp"
#include "network/buffers.hpp"
#include "network/network.hpp"
#include "network_run.hpp"
#include "operator_check.hpp"
#include "reference.hpp"
#include "src/machine/microarchitecture.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

using bench::RandomWeights;
using bench::shapes::Table;
using network::BufferLayout;
using network::LayerSpec;
using network::Lifetime;
using network::Op;

reference::Weights weights_of(const RandomWeights& weights, const std::string& name) {
  const auto values = [](const FloatSpan& span) { return std::vector<float>(span.data, span.data + span.size); };
  return {values(weights(name + ".weight")), values(weights(name + ".bias"))};
}

DepthwiseParams depthwise_params(const LayerSpec& s, std::int32_t channels, const Activation& activation) {
  DepthwiseParams p;
  p.channels = channels;
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  p.activation = activation;
  return p;
}

PointwiseParams pointwise_params(std::int32_t in, std::int32_t out, const Activation& activation) {
  PointwiseParams p;
  p.in_channels = in;
  p.out_channels = out;
  p.activation = activation;
  return p;
}

template <class Params>
Params regular_params(const LayerSpec& s) {
  Params p;
  p.in_channels = s.in_channels;
  p.out_channels = s.out_channels;
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  p.activation = s.activation;
  return p;
}

/// Of the squeeze-and-excite in a block.
std::optional<SqueezeExciteParams> inner_params(const LayerSpec& s, std::int32_t channels) {
  if (s.squeezed_channels == 0) return std::nullopt;
  return SqueezeExciteParams{channels, s.squeezed_channels, s.squeeze_activation, s.gate};
}

/// What the layer makes of src, and of what its shortcut brings.
reference::Tensor compute(const LayerSpec& s, const RandomWeights& weights, const reference::Tensor& src,
                          const reference::Tensor& shortcut) {
  const reference::Tensor* residual = s.shortcut > 0 ? &shortcut : nullptr;
  const auto of_stage = [&](const char* stage) { return weights_of(weights, s.name + stage); };
  const auto with_inner = [&](std::vector<reference::Weights> stages) {
    if (s.squeezed_channels == 0) return stages;
    for (const char* stage : {".squeeze_excite.reduce", ".squeeze_excite.expand"}) stages.push_back(of_stage(stage));
    return stages;
  };
  switch (s.op) {
    case Op::kConv2d:
      return reference::conv2d(regular_params<Conv2dParams>(s), of_stage(""), src, residual);
    case Op::kConvTranspose2d:
      return reference::conv_transpose2d(regular_params<ConvTranspose2dParams>(s), of_stage(""), src, residual);
    case Op::kDepthwise:
      return reference::depthwise(depthwise_params(s, s.in_channels, s.activation), of_stage(""), src, residual);
    case Op::kPointwise:
      return reference::pointwise(pointwise_params(s.in_channels, s.out_channels, s.activation), of_stage(""), src,
                                  residual);
    case Op::kSeparable:
      return reference::separable(
          {depthwise_params(s, s.in_channels, s.hidden_activation),
           pointwise_params(s.in_channels, s.out_channels, s.activation), inner_params(s, s.in_channels)},
          with_inner({of_stage(".depthwise"), of_stage(".pointwise")}), src, residual);
    case Op::kInvertedResidual: {
      InvertedResidualParams p;
      p.expand = pointwise_params(s.in_channels, s.hidden_channels, s.hidden_activation);
      p.depthwise = depthwise_params(s, s.hidden_channels, s.hidden_activation);
      p.project = pointwise_params(s.hidden_channels, s.out_channels, s.activation);
      p.residual = s.shortcut == 1;
      p.squeeze_excite = inner_params(s, s.hidden_channels);
      return reference::inverted_residual(
          p, with_inner({of_stage(".expand"), of_stage(".depthwise"), of_stage(".project")}), src);
    }
    case Op::kGlobalAveragePool:
      return reference::global_average_pool({s.in_channels, s.activation}, src);
    case Op::kFullyConnected: {
      FullyConnectedParams p;
      p.in_features = s.in_channels;
      p.out_features = s.out_channels;
      p.activation = s.activation;
      return reference::fully_connected(p, of_stage(""), src, residual);
    }
    default:
      return reference::squeeze_excite({s.in_channels, s.hidden_channels, s.squeeze_activation, s.gate},
                                       of_stage(".reduce"), of_stage(".expand"), src);
  }
}

class NetworkTest : public testing::TestWithParam<std::string> {
 protected:
  /// Logits relative to the greatest: roundings of 2^-24 in up to 80 layers of up to 1280 terms add up to a few 1e-6, a
  /// lost activation or a row of padding on the wrong side gives 1e-3 and more.
  static constexpr double kLogits = 1e-4;

  static void expect(const Table& table, std::int64_t size, const std::string& isa) {
    const std::vector<LayerSpec> specs = bench::shapes::layer_specs(table);
    const RandomWeights weights(specs, 1);
    const Shape shape = {1, size, size, table.input.c};
    Random random(2);
    const std::vector<float> image = random.values(shape.elements());

    // Of each tensor what Tandem computed, and what the reference computes from the image on.
    std::vector<reference::Tensor> computed = {reference::exact(shape, image)};
    std::vector<reference::Tensor> exact = computed;
    std::vector<float> logits = image;
    for (const LayerSpec& spec : specs) {
      const CurrentCase described(text(table.name, ", ", spec.name, ", ", isa));
      const auto from = computed.size() - static_cast<std::size_t>(std::max(spec.shortcut, 1));
      const reference::Tensor expected = compute(spec, weights, computed.back(), computed[from]);
      logits = run_layer(spec, weights, computed.back().shape, logits, computed[from], isa);
      ASSERT_EQ(static_cast<std::int64_t>(logits.size()), expected.shape.elements());
      expect_near(logits.data(), expected);
      exact.push_back(compute(spec, weights, exact.back(), exact[from]));
      computed.push_back(reference::exact(expected.shape, logits));
    }

    double greatest = 0.0;
    double error = 0.0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const double value = exact.back().value[i];
      greatest = std::max(greatest, std::abs(value));
      error = std::max(error, std::abs(static_cast<double>(logits[i]) - value));
    }
    EXPECT_GT(greatest, 0.0);
    EXPECT_LE(error, kLogits * greatest) << table.name;
    EXPECT_EQ(first_difference(run_network(specs, weights, shape, image, isa), logits), -1) << table.name;
  }

  static std::vector<float> run_network(const std::vector<LayerSpec>& specs, const RandomWeights& weights,
                                        const Shape& input, const std::vector<float>& image, const std::string& isa) {
    return test::run_network(network::Network::create(specs, weights, input, {}, {isa.c_str()}), image);
  }

 private:
  static std::vector<float> run_layer(const LayerSpec& spec, const RandomWeights& weights, const Shape& input,
                                      const std::vector<float>& src, const reference::Tensor& shortcut,
                                      const std::string& isa) {
    const Result<Operator> op = network::make_operator(spec, weights, {}, {isa.c_str()});
    if (!op.ok()) {
      ADD_FAILURE() << op.status().message();
      return {};
    }
    const Subject subject = {spec.name, *op, input, false, false};
    Tensors tensors(subject);
    tensors.src = src;
    if (network::takes_residual(spec)) tensors.residual.assign(shortcut.value.begin(), shortcut.value.end());
    return run_once(subject, tensors, {0, Executor()});
  }
};

TEST(BufferLayout, TensorsLieInTheMiddleOfTheirBuffersAndThoseAliveAtOnceApart) {
  // A chain whose third tensor is added to the output of layer 4: three buffers, of 1000, 640 and 64 bytes.
  const std::vector<Lifetime> tensors = {{1000, 0, 1}, {640, 1, 2}, {600, 2, 5}, {256, 3, 4}, {64, 4, 5}};
  const BufferLayout layout = network::assign_buffers(tensors);
  EXPECT_EQ(layout.bytes, 1024U + 640U + 64U);
  EXPECT_EQ(layout.offsets, (std::vector<std::size_t>{0, 1024, 192, 1024 + 192, 1024 + 640}));
}

TEST_P(NetworkTest, AgreesOnSmallImages) {
  for (const Table& table : bench::shapes::networks()) expect(table, 64, GetParam());
}

// Weights are packed, kernels chosen and layers planned for each row of microarchitectures.
TEST_P(NetworkTest, NoMachineChangesABit) {
  for (const Table& table : bench::shapes::networks()) {
    const std::vector<LayerSpec> specs = bench::shapes::layer_specs(table);
    const RandomWeights weights(specs, 1);
    const Shape shape = {1, 64, 64, table.input.c};
    const std::vector<float> image = Random(2).values(shape.elements());
    const std::vector<float> logits = run_network(specs, weights, shape, image, GetParam());
    for (const internal::Microarchitecture& row : internal::microarchitectures()) {
      const CurrentCase described(text(table.name, ", ", GetParam(), ", ", row.name));
      const ScopedVariable named("TANDEM_MACHINE", row.name);
      EXPECT_EQ(first_difference(run_network(specs, weights, shape, image, GetParam()), logits), -1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, NetworkTest, testing::ValuesIn(isas_under_test()), isa_test_name);

class WholeNetworkTest : public NetworkTest {};

TEST_P(WholeNetworkTest, AgreesOnImagesOfItsOwnSize) {
  for (const Table& table : bench::shapes::networks()) {
    if (table.name == GetParam()) expect(table, table.input.h, isas_under_test().front());
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, WholeNetworkTest,
                         testing::Values("mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_b0"), isa_test_name);

}  // namespace
}  // namespace tandem::test
