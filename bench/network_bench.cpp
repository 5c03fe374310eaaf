// Whole networks, batch 1, as a user runs them: network/<name>/<type>/threads:<n>, beside the time at the FMA peak, or,
// for int8, at the peak of 8-bit dot products.
// This is the figure that counts: here each layer finds its data as cold as in real use.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/common/laps.hpp"
#include "bench/common/layer_times.hpp"
#include "bench/common/memory.hpp"
#include "bench/common/network_fixture.hpp"
#include "bench/common/program.hpp"
#include "bench/common/report.hpp"
#include "bench/common/zen3.hpp"
#include "bench/shapes/networks.hpp"

namespace tandem::bench {
namespace {

struct Case {
  const shapes::Table* table;
  NetworkOptions options;
  bool unfused;
};

constexpr const char* kQuantised = "u8s8";

/// "f32", "bf16", "f16", "f32_bf16": fp32 tensors, bf16 weights, or "u8s8". False for anything else.
bool parse_type(const std::string& name, NetworkOptions& options) {
  options.quantised = name == kQuantised;
  if (options.quantised) return true;
  network::Types& types = options.types;
  for (const DataType type : {DataType::kF32, DataType::kBf16, DataType::kF16}) {
    if (name == to_string(type)) types = {type, type};
  }
  if (name == "f32_bf16") types = {DataType::kF32, DataType::kBf16};
  return name == "f32_bf16" || (types.tensors == types.weights && name == to_string(types.tensors));
}

std::string type_name(const NetworkOptions& options) {
  if (options.quantised) return kQuantised;
  const std::string tensors = to_string(options.types.tensors);
  return options.types.tensors == options.types.weights ? tensors : tensors + "_" + to_string(options.types.weights);
}

std::string name_of(const Case& c, const Program& program) {
  std::string name = std::string("network/") + c.table->name + "/" + type_name(c.options);
  if (program.isa_flag_given()) name += "/" + c.options.isa;
  name += "/threads:" + std::to_string(c.options.threads);
  return c.unfused ? name + "/unfused" : name;
}

/// In operations a second, for the type of the network.
double peak_of(const Case& c, const Program& program) {
  const NetworkOptions& o = c.options;
  return o.quantised ? program.dot_peak(o.isa, o.threads) : program.peak(o.isa, o.threads);
}

Result<NetworkFixture> make_fixture(const Case& c) {
  std::vector<network::LayerSpec> specs = shapes::layer_specs(*c.table);
  if (c.unfused) specs = network::unfuse(specs);
  NetworkOptions options = c.options;
  options.joins_blocks = !c.unfused;
  return NetworkFixture::create(specs, c.table->input, options);
}

std::int32_t lanes_of(const std::string& isa) {
  for (const IsaInfo& info : isas()) {
    if (isa == info.name) return info.vector_floats;
  }
  return 1;
}

/// Multiply-adds as the table counts them.
std::int64_t op_count(const network::Network& network) {
  std::int64_t count = 0;
  for (const network::Layer& layer : network.layers()) {
    if (network::has_weights(layer.spec.op)) count += layer.plan.op_count();
  }
  return count;
}

/// The network that is measured. One at a time, so that the process holds no other.
struct Current {
  const Case* owner = nullptr;
  std::unique_ptr<NetworkFixture> fixture;
};

void run_case(benchmark::State& state, const Case& c, Current& current, Program& program) {
  if (current.owner != &c) {  // once; Google Benchmark calls this several times per benchmark
    current = {};
    Result<NetworkFixture> made = make_fixture(c);
    if (!made) return program.skip(state, made.status().message());
    if (op_count(made->network()) != c.table->multiply_adds) {
      return program.skip(state, std::to_string(op_count(made->network())) + " multiply-adds, expected " +
                                     std::to_string(c.table->multiply_adds));
    }
    current = {&c, std::make_unique<NetworkFixture>(*std::move(made))};
  }

  NetworkFixture& fixture = *current.fixture;
  const bool restarted = restart_peak_rss();  // so that packing the weights does not count
  const Laps laps = measure(state, [&] { fixture.run(); });
  report_memory(state, fixture.network(), restarted ? peak_rss() : 0);

  const auto multiply_adds = static_cast<double>(c.table->multiply_adds);
  const double peak = peak_of(c, program);
  report_speed(state, laps, multiply_adds, peak);
  state.counters["min_ms"] = laps.minimum() * 1e3;
  state.counters["median_ms"] = laps.median() * 1e3;
  if (peak > 0.0) {
    const double limit = 2.0 * multiply_adds / peak;
    state.counters["fma_limit_ms"] = limit * 1e3;
    state.counters["time/limit"] = laps.minimum() / limit;
  }
}

int print_layers(const std::vector<Case>& cases, const Program& program, const std::string& json_path) {
  constexpr int kRounds = 30;
  nlohmann::json document = nlohmann::json::array();
  for (const Case& c : cases) {
    const std::string name = name_of(c, program);
    Result<NetworkFixture> fixture = make_fixture(c);
    if (!fixture) return fail("network_bench", name + ": " + fixture.status().message());
    const std::vector<LayerTime> layers = time_layers(*fixture, kRounds);
    const double peak = peak_of(c, program);
    print_layer_times(name, layers, peak);
    append_layer_times(document, c.table->name, c.options.isa, c.options.threads, peak, layers);
  }
  if (json_path.empty()) return 0;
  std::ofstream file(json_path);
  file << document.dump(1) << '\n';
  return file.flush() ? 0 : fail("network_bench", "\"" + json_path + "\" cannot be written");
}

int run_main(int argc, char** argv) {
  Program program("network_bench", "Times whole networks, batch 1, 224 x 224, random weights.",
                  {"--benchmark_min_time=1", "--benchmark_counters_tabular=true"});
  bool unfused = false, for_zen3 = false, layers = false;
  std::string layers_json;
  std::vector<std::string> type_names = {"f32"};
  program.add_flag("--unfused", unfused, "Run each block stage by stage; its name gets the suffix /unfused");
  program.add_flag("--zen3", for_zen3, "Plan for a core of Zen 3 instead of this machine: the same plans everywhere");
  program.add_flag("--layers", layers, "Print each layer's time in the network, and alone, and exit");
  program.add_option("--layers-json", layers_json, "Do as --layers, and write the times to this file");
  program.add_option(
      "--type", type_names,
      "f32 (default), bf16, f16, f32_bf16: fp32 tensors, bf16 weights, or u8s8: quantised, those networks "
      "that can be");
  if (!program.parse(argc, argv)) return program.exit_code();
  std::vector<NetworkOptions> types(type_names.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (parse_type(type_names[i], types[i])) continue;
    std::fprintf(stderr, "network_bench: unknown type \"%s\"; there are f32, bf16, f16, f32_bf16, u8s8\n",
                 type_names[i].c_str());
    return 2;
  }
  if (std::any_of(types.begin(), types.end(), [](const NetworkOptions& o) { return o.quantised; })) {
    program.measure_dot_peaks();
  }

  std::vector<Case> cases;
  for (const shapes::Table& table : shapes::networks()) {
    for (const std::string& isa : program.isas()) {
      const MachineModel machine = for_zen3 ? zen3(lanes_of(isa)) : MachineModel();
      for (const int threads : program.threads()) {
        for (const NetworkOptions& t : types) {
          cases.push_back({&table, {isa, threads, t.types, t.quantised, machine}, unfused});
        }
      }
    }
  }
  if (layers || !layers_json.empty()) return print_layers(cases, program, layers_json);

  Current current;
  for (const Case& c : cases) {
    const auto body = [&c, &current, &program](benchmark::State& state) { run_case(state, c, current, program); };
    add_statistics(benchmark::RegisterBenchmark(name_of(c, program).c_str(), body)->Unit(benchmark::kMillisecond));
  }
  return program.run();
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
