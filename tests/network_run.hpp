// Runs a network of examples/network once.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "network/network.hpp"

namespace tandem::test {

/// The output of a network whose input and output are fp32; empty, and a failure of the test, if it could not be created.
inline std::vector<float> run_network(Result<network::Network> network, const std::vector<float>& image) {
  if (!network) {
    ADD_FAILURE() << network.status().message();
    return {};
  }
  std::vector<float> dst(static_cast<std::size_t>(network->output_shape().elements()));
  const Status status = network->run(image.data(), dst.data());
  EXPECT_TRUE(status.ok()) << status.message();
  return dst;
}

}  // namespace tandem::test
