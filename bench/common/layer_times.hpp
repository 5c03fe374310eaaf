// Times the layers of a network one by one, each in two ways: in its place in the network, where its data is as cold as
// in real use, and alone, run again and again with its data as near as possible. The difference is the cost of moving
// data through the network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/common/network_fixture.hpp"

namespace tandem::bench {

struct LayerTime {
  std::string name;
  std::string op;
  std::int64_t multiply_adds = 0;    // 0 for pooling, as everywhere here
  std::size_t compulsory_bytes = 0;  // input, output, residual and packed weights, each once
  double in_network = 0.0;           // seconds, fastest of all runs
  double alone = 0.0;                // seconds, fastest of all runs
};

/// @param rounds  of ten runs of the whole network and ten of each layer alone, in turn
std::vector<LayerTime> time_layers(NetworkFixture& fixture, int rounds);

/// A table for people: each layer's share of the network's time, and its share of the FMA peak in both ways.
/// @param peak  flops per second
void print_layer_times(const std::string& title, const std::vector<LayerTime>& layers, double peak);

/// The same for programs: appends an object for each layer to the array `document`.
void append_layer_times(nlohmann::json& document, const std::string& network, const std::string& isa, int threads,
                        double peak, const std::vector<LayerTime>& layers);

}  // namespace tandem::bench
