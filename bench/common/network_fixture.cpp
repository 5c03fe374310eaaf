#include "bench/common/network_fixture.hpp"

#include <cmath>
#include <utility>

namespace tandem::bench {

NetworkFixture::NetworkFixture(network::Network network)
    : network_(std::move(network)), src_(network_.input_shape(), 1), dst_(network_.output_shape(), 2) {}

Result<NetworkFixture> NetworkFixture::create(const std::vector<network::LayerSpec>& specs, const Shape& input,
                                              const std::string& isa, int threads, const MachineModel& machine) {
  PlanOptions plan_options;
  plan_options.threads = threads;
  plan_options.machine = machine;
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  Result<network::Network> network =
      network::Network::create(specs, RandomWeights(specs, 1), input, plan_options, create_options);
  if (!network) return network.status();

  NetworkFixture fixture(*std::move(network));
  if (const Status status = fixture.network_.run(fixture.src_.data(), fixture.dst_.data()); !status.ok()) return status;
  for (std::int64_t i = 0; i < fixture.network_.output_shape().elements(); ++i) {
    if (std::isfinite(fixture.dst_.data()[i])) continue;
    return Status(StatusCode::kInvalidArgument, "output " + std::to_string(i) + " is not finite");
  }
  return fixture;
}

}  // namespace tandem::bench
