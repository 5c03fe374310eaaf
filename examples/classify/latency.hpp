// How long the network takes, alone: decoding and preprocessing the picture are not part of it.
#pragma once

#include <span>

#include "network/network.hpp"

namespace classify {

struct Latency {
  double min_seconds;     ///< what the machine can do; everything above it is disturbance
  double median_seconds;  ///< what to expect
};

/// @param runs   >= 1, after some to warm up
/// @param input  of the network's input shape
[[nodiscard]] Latency measure_latency(network::Network& network, std::span<const float> input, int runs);

/// The most workers that a layer of this network occupies: fewer than asked for when the library has no threads.
[[nodiscard]] int threads_of(const network::Network& network);

}  // namespace classify
