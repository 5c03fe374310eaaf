// A network with random weights, its input and its output, ready for a timed loop of run() alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/common/random.hpp"
#include "network/network.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {

class NetworkFixture {
 public:
  /// Creates the network, planned for `machine`, and runs it once. A non-finite output is an error: its time would mean
  /// nothing.
  static Result<NetworkFixture> create(const std::vector<network::LayerSpec>& specs, const Shape& input,
                                       const std::string& isa, int threads, const network::Types& types = {},
                                       const MachineModel& machine = {});

  void run() noexcept {
    // Cannot fail: the pointers are neither null nor misaligned, and create() has run once.
    (void)network_.run(src_.data(), dst_.data());
  }
  /// One layer of run(), in order from the first.
  void run_layer(std::size_t index) noexcept { (void)network_.run_layer(index, src_.data(), dst_.data()); }
  [[nodiscard]] const network::Network& network() const noexcept { return network_; }

 private:
  NetworkFixture(network::Network network, const network::Types& types);

  network::Network network_;
  RandomTensor src_;  // 16-bit types use the first half of the memory
  RandomTensor dst_;
};

}  // namespace tandem::bench
