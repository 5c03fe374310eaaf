// The layers of a network one by one, each timed twice: in its place in the network, where it finds its data as cold as
// it really is, and alone, run again and again with everything as near as it can get. What lies between is what the way
// of the data through the network costs.
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
  std::int64_t multiply_adds = 0;    // of pooling none, as everywhere here
  std::size_t compulsory_bytes = 0;  // input, output, residual and packed weights, each once
  double in_network = 0.0;           // seconds, fastest of all runs
  double alone = 0.0;                // seconds, fastest of all runs
};

/// @param rounds  of ten runs of the whole network and ten of each layer alone, in turn
std::vector<LayerTime> time_layers(NetworkFixture& fixture, int rounds);

/// A table for people: each layer's share of the network's time, its share of the FMA peak in both places.
/// @param peak  flops per second
void print_layer_times(const std::string& title, const std::vector<LayerTime>& layers, double peak);

/// The same for programs: appends an object for each layer to the array `document`.
void append_layer_times(nlohmann::json& document, const std::string& network, const std::string& isa, int threads,
                        double peak, const std::vector<LayerTime>& layers);

}  // namespace tandem::bench
