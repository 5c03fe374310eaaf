// Every distinct layer of the networks, and of heads that enlarge their maps, alone, with its data in cache:
//   layer/<network>/<layer>/<type>/<isa>/threads:<n>
// Covers the stages of the blocks (regular, transposed, depthwise, pointwise, pooling, fully connected) and the fused
// blocks, by ISA. In u8s8 those that have a quantised form.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/common/laps.hpp"
#include "bench/common/layer_fixture.hpp"
#include "bench/common/program.hpp"
#include "bench/common/quantised_layer.hpp"
#include "bench/common/report.hpp"
#include "bench/shapes/networks.hpp"

namespace tandem::bench {
namespace {

struct Case {
  std::string name;
  shapes::PlacedLayer layer;
  std::string isa;
  int threads;
  bool quantised;
};

std::string describe(const Shape& s) {
  return std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

/// E.g. "depthwise 28x28x256 -> 14x14x256, 3x3 stride 2, 5 times".
std::string label(const shapes::PlacedLayer& layer) {
  std::string text =
      std::string(network::to_string(layer.spec.op)) + " " + describe(layer.input) + " -> " + describe(layer.output);
  const std::string kernel = std::to_string(layer.spec.kernel);
  if (layer.spec.kernel > 1) text += ", " + kernel + "x" + kernel + " stride " + std::to_string(layer.spec.stride);
  if (layer.times > 1) text += ", " + std::to_string(layer.times) + " times";
  return text;
}

/// The stages of all blocks and the layers outside of blocks, then the blocks.
std::vector<shapes::PlacedLayer> all_layers(const shapes::Table& table) {
  const std::vector<network::LayerSpec> specs = shapes::layer_specs(table);
  std::vector<shapes::PlacedLayer> layers = shapes::distinct_layers(network::unfuse(specs), table.input);
  for (const shapes::PlacedLayer& layer : shapes::distinct_layers(specs, table.input)) {
    const bool block = layer.spec.op == network::Op::kSeparable || layer.spec.op == network::Op::kInvertedResidual;
    if (block) layers.push_back(layer);
  }
  return layers;
}

/// Only the last fixture is kept: all together would fill the memory.
struct LastFixture {
  std::string name;
  std::unique_ptr<LayerFixture> fixture;
};

void run_case(benchmark::State& state, const Case& c, LastFixture& last, Program& program) {
  if (last.name != c.name) {
    last = {};
    Result<LayerFixture> made = LayerFixture::create(c.layer, c.isa, c.threads, c.quantised);
    if (!made) return program.skip(state, made.status().message());
    last = {c.name, std::make_unique<LayerFixture>(*std::move(made))};
  }
  const auto body = [&] { last.fixture->run(); };

  const Laps laps = measure(state, body, runs_per_lap(body));

  state.SetLabel(label(c.layer));
  // Pooling multiplies nothing: each addition is one flop, half a multiply-add.
  const bool pooling = !network::has_weights(c.layer.spec.op);
  const double multiply_adds =
      pooling ? static_cast<double>(c.layer.input.elements()) / 2.0 : static_cast<double>(c.layer.multiply_adds);
  const double peak = c.quantised ? program.dot_peak(c.isa, c.threads) : program.peak(c.isa, c.threads);
  report_speed(state, laps, multiply_adds, peak);
  state.counters["min_us"] = laps.minimum() * 1e6;
  state.counters["GB/s"] = static_cast<double>(last.fixture->compulsory_bytes()) / laps.minimum() * 1e-9;
}

int run_main(int argc, char** argv) {
  Program program("layer_bench", "Times every distinct layer of the networks by itself.",
                  {"--benchmark_min_time=0.1", "--benchmark_counters_tabular=true"});
  std::vector<std::string> types = {"f32"};
  program.add_option("--type", types,
                     "f32 (default), u8s8: tensors of u8, weights of s8; layers without a quantised form are left out");
  if (!program.parse(argc, argv)) return program.exit_code();
  for (const std::string& type : types) {
    if (type == "f32" || type == "u8s8") continue;
    std::fprintf(stderr, "layer_bench: unknown type \"%s\"; there are f32, u8s8\n", type.c_str());
    return 2;
  }
  if (std::find(types.begin(), types.end(), "u8s8") != types.end()) program.measure_dot_peaks();

  LastFixture last;
  std::vector<shapes::Table> tables(shapes::networks().begin(), shapes::networks().end());
  tables.insert(tables.end(), shapes::heads().begin(), shapes::heads().end());
  for (const shapes::Table& table : tables) {
    for (const shapes::PlacedLayer& layer : all_layers(table)) {
      for (const std::string& isa : program.isas()) {
        for (const int threads : program.threads()) {
          for (const std::string& type : types) {
            if (type == "u8s8" && !network::has_quantised_form(layer.spec)) continue;
            const std::string name = std::string("layer/") + table.name + "/" + layer.spec.name + "/" + type + "/" +
                                     isa + "/threads:" + std::to_string(threads);
            const Case c = {name, layer, isa, threads, type == "u8s8"};
            const auto body = [c, &last, &program](benchmark::State& state) { run_case(state, c, last, program); };
            add_statistics(benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMicrosecond));
          }
        }
      }
    }
  }
  return program.run();
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
