#include "bench/common/network_fixture.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include "network/join_blocks.hpp"

namespace tandem::bench {
namespace {

constexpr std::uint32_t kWeightSeed = 1, kSrcSeed = 1, kDstSeed = 2;

Result<network::Network> create_quantised(const std::vector<network::LayerSpec>& specs, const RandomWeights& weights,
                                          const Shape& input, const PlanOptions& plan_options,
                                          const CreateOptions& create_options, bool joins_blocks) {
  Result<network::Calibrator> calibrator =
      network::Calibrator::create(specs, weights, input, plan_options, create_options);
  if (!calibrator) return calibrator.status();
  const RandomTensor src(input, kSrcSeed);
  if (const Status status = calibrator->add(src.data()); !status.ok()) return status;
  Result<network::QuantisedNetwork> quantised = network::quantise(specs, calibrator->ranges());
  if (!quantised) return quantised.status();
  if (joins_blocks) *quantised = network::join_blocks(*quantised);
  return network::Network::create(quantised->specs, weights, input, plan_options, create_options, quantised->types);
}

}  // namespace

NetworkFixture::NetworkFixture(network::Network network)
    : network_(std::move(network)), src_(network_.input_shape(), kSrcSeed), dst_(network_.output_shape(), kDstSeed) {
  const auto count = static_cast<std::size_t>(network_.input_shape().elements());
  // In place from the front: an element is written where no later element is read.
  convert(DataType::kF32, src_.data(), network_.layers().front().types.src.type, src_.data(), count);
}

Result<NetworkFixture> NetworkFixture::create(const std::vector<network::LayerSpec>& specs, const Shape& input,
                                              const NetworkOptions& options) {
  PlanOptions plan_options;
  plan_options.threads = options.threads;
  plan_options.machine = options.machine;
  CreateOptions create_options;
  create_options.isa = options.isa.c_str();
  const RandomWeights weights(specs, kWeightSeed);
  Result<network::Network> network =
      options.quantised ? create_quantised(specs, weights, input, plan_options, create_options, options.joins_blocks)
                        : network::Network::create(specs, weights, input, plan_options, create_options, options.types);
  if (!network) return network.status();

  NetworkFixture fixture(*std::move(network));
  if (const Status status = fixture.network_.run(fixture.src_.data(), fixture.dst_.data()); !status.ok()) return status;
  std::vector<float> outputs(static_cast<std::size_t>(fixture.network_.output_shape().elements()));
  const DataType output_type = fixture.network_.layers().back().types.dst.type;
  convert(output_type, fixture.dst_.data(), DataType::kF32, outputs.data(), outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (std::isfinite(outputs[i])) continue;
    return Status(StatusCode::kInvalidArgument, "output " + std::to_string(i) + " is not finite");
  }
  return fixture;
}

}  // namespace tandem::bench
