#include "bench/common/layer_times.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "bench/common/laps.hpp"

namespace tandem::bench {
namespace {

std::size_t compulsory_bytes(const network::Layer& layer) {
  const auto bytes = [](const Shape& shape, const TensorType& type) {
    return static_cast<std::size_t>(shape.elements()) * element_bytes(type.type);
  };
  const network::LayerTypes& types = layer.types;
  const Shape& output = layer.plan.output_shape();
  const std::size_t residual = network::takes_residual(layer.spec) ? bytes(output, types.residual) : 0;
  return bytes(layer.plan.input_shape(), types.src) + bytes(output, types.dst) + residual + layer.op.packed_bytes();
}

}  // namespace

std::vector<LayerTime> time_layers(NetworkFixture& fixture, int rounds) {
  constexpr int kRuns = 10;  // per round, of each kind
  const std::vector<network::Layer>& layers = fixture.network().layers();
  std::vector<Laps> in_network, alone;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    in_network.emplace_back(static_cast<std::size_t>(rounds * kRuns));
    alone.emplace_back(static_cast<std::size_t>(rounds * kRuns));
  }
  // In turn, so that a slow second of the machine affects both.
  for (int round = 0; round < rounds; ++round) {
    for (int run = 0; run < kRuns; ++run) {
      for (std::size_t i = 0; i < layers.size(); ++i) in_network[i].time([&] { fixture.run_layer(i); });
    }
    for (std::size_t i = 0; i < layers.size(); ++i) {
      for (int run = 0; run < kRuns; ++run) alone[i].time([&] { fixture.run_layer(i); });
    }
  }
  std::vector<LayerTime> times;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const network::Layer& layer = layers[i];
    const std::int64_t multiply_adds = network::has_weights(layer.spec.op) ? layer.plan.op_count() : 0;
    times.push_back({layer.spec.name, network::to_string(layer.spec.op), multiply_adds, compulsory_bytes(layer),
                     in_network[i].minimum(), alone[i].minimum()});
  }
  return times;
}

void print_layer_times(const std::string& title, const std::vector<LayerTime>& layers, double peak) {
  double network = 0.0, alone = 0.0, flops = 0.0;
  for (const LayerTime& layer : layers) {
    network += layer.in_network;
    alone += layer.alone;
    flops += 2.0 * static_cast<double>(layer.multiply_adds);
  }
  std::printf("%s\n  %-14s %-20s %10s %10s %7s %7s %9s %7s\n", title.c_str(), "layer", "operator", "network us",
              "alone us", "of peak", "alone", "us left", "share");
  const auto row = [&](const char* name, const char* op, double layer_flops, double seconds, double hot) {
    std::printf("  %-14s %-20s %10.1f %10.1f %7.3f %7.3f %9.1f %6.1f%%\n", name, op, seconds * 1e6, hot * 1e6,
                layer_flops / seconds / peak, layer_flops / hot / peak, (seconds - layer_flops / peak) * 1e6,
                100.0 * seconds / network);
  };
  for (const LayerTime& layer : layers) {
    row(layer.name.c_str(), layer.op.c_str(), 2.0 * static_cast<double>(layer.multiply_adds), layer.in_network,
        layer.alone);
  }
  row("sum", "", flops, network, alone);
}

void append_layer_times(nlohmann::json& document, const std::string& network, const std::string& isa, int threads,
                        double peak, const std::vector<LayerTime>& layers) {
  for (const LayerTime& layer : layers) {
    document.push_back({{"network", network},
                        {"isa", isa},
                        {"threads", threads},
                        {"layer", layer.name},
                        {"op", layer.op},
                        {"multiply_adds", layer.multiply_adds},
                        {"bytes", layer.compulsory_bytes},
                        {"peak_flops", peak},
                        {"seconds_in_network", layer.in_network},
                        {"seconds_alone", layer.alone}});
  }
}

}  // namespace tandem::bench
