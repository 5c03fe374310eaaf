// A network with random weights, its input and its output, ready for a timed loop of run() alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/common/random.hpp"
#include "network/network.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {

/// What a network computes with, and for which machine it is planned.
struct NetworkOptions {
  std::string isa;
  int threads = 1;
  network::Types types = {};
  bool quantised = false;     ///< tensors of u8, weights of s8, calibrated on the input; types are not read then
  MachineModel machine = {};  ///< by default this one
  bool joins_blocks = true;   ///< quantised: blocks are one operator
};

class NetworkFixture {
 public:
  /// Creates the network and runs it once. A non-finite output is an error: its time would mean nothing.
  static Result<NetworkFixture> create(const std::vector<network::LayerSpec>& specs, const Shape& input,
                                       const NetworkOptions& options);

  void run() noexcept {
    // Cannot fail: the pointers are neither null nor misaligned, and create() has run once.
    (void)network_.run(src_.data(), dst_.data());
  }
  /// One layer of run(), in order from the first.
  void run_layer(std::size_t index) noexcept { (void)network_.run_layer(index, src_.data(), dst_.data()); }
  [[nodiscard]] const network::Network& network() const noexcept { return network_; }

 private:
  explicit NetworkFixture(network::Network network);

  network::Network network_;
  RandomTensor src_;  // fp32; 16-bit types use the first half of the memory
  RandomTensor dst_;
};

}  // namespace tandem::bench
