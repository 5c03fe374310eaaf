#include "bench/common/network_fixture.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace tandem::bench {

NetworkFixture::NetworkFixture(network::Network network, const network::Types& types)
    : network_(std::move(network)), src_(network_.input_shape(), 1), dst_(network_.output_shape(), 2) {
  const auto count = static_cast<std::size_t>(network_.input_shape().elements());
  // In place from the front: an element is written where no later element is read.
  convert(DataType::kF32, src_.data(), types.tensors, src_.data(), count);
}

Result<NetworkFixture> NetworkFixture::create(const std::vector<network::LayerSpec>& specs, const Shape& input,
                                              const std::string& isa, int threads, const network::Types& types,
                                              const MachineModel& machine) {
  PlanOptions plan_options;
  plan_options.threads = threads;
  plan_options.machine = machine;
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  Result<network::Network> network =
      network::Network::create(specs, RandomWeights(specs, 1), input, plan_options, create_options, types);
  if (!network) return network.status();

  NetworkFixture fixture(*std::move(network), types);
  if (const Status status = fixture.network_.run(fixture.src_.data(), fixture.dst_.data()); !status.ok()) return status;
  std::vector<float> outputs(static_cast<std::size_t>(fixture.network_.output_shape().elements()));
  convert(types.tensors, fixture.dst_.data(), DataType::kF32, outputs.data(), outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (std::isfinite(outputs[i])) continue;
    return Status(StatusCode::kInvalidArgument, "output " + std::to_string(i) + " is not finite");
  }
  return fixture;
}

}  // namespace tandem::bench
