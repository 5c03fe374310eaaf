// The time of the network alone, without decoding and preprocessing the picture.
#pragma once

#include <span>

#include "network/network.hpp"

namespace classify {

struct Latency {
  double min_seconds;     ///< the time that the machine can reach; more is disturbance
  double median_seconds;  ///< the time to expect
};

/// @param runs   >= 1, after some to warm up
/// @param input  of the network's input shape
[[nodiscard]] Latency measure_latency(network::Network& network, std::span<const float> input, int runs);

/// The most workers that a layer of this network uses: fewer than asked for if the library has no threads.
[[nodiscard]] int threads_of(const network::Network& network);

}  // namespace classify
