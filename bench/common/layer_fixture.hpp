// One layer with random weights and tensors, including the residual, ready for a timed loop of run() alone.
#pragma once

#include <cstddef>
#include <string>

#include "bench/common/random.hpp"
#include "bench/shapes/networks.hpp"
#include "network/aligned_buffer.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {

class LayerFixture {
 public:
  /// Creates the operator and its plan and runs it once. quantised: in the form of quantised_layer.hpp.
  static Result<LayerFixture> create(const shapes::PlacedLayer& layer, const std::string& isa, int threads,
                                     bool quantised);

  void run() noexcept {
    // Cannot fail: the pointers are neither null nor misaligned, and create() has run once.
    (void)plan_.run(args_);
  }

  /// Bytes that even a perfect kernel must move: input, output, residual, filters and biases, each once.
  [[nodiscard]] std::size_t compulsory_bytes() const noexcept { return compulsory_bytes_; }

 private:
  LayerFixture(const shapes::PlacedLayer& layer, const Plan& plan, bool quantised);

  Plan plan_;
  RandomTensor src_;
  RandomTensor dst_;
  RandomTensor residual_;
  network::AlignedBytes workspace_;
  RunArgs args_;
  std::size_t compulsory_bytes_ = 0;
};

}  // namespace tandem::bench
