// Whole networks, batch 1, as a user would run them: network/<name>/f32/threads:<n>, beside the time that the FMA peak
// would allow. The only figure that counts at the end: here each layer finds its data as cold as it really is.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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
  std::string isa;
  int threads;
  bool unfused;
  MachineModel machine;
};

std::string name_of(const Case& c, const Program& program) {
  std::string name = std::string("network/") + c.table->name + "/f32";
  if (program.isa_flag_given()) name += "/" + c.isa;
  name += "/threads:" + std::to_string(c.threads);
  return c.unfused ? name + "/unfused" : name;
}

Result<NetworkFixture> make_fixture(const Case& c) {
  std::vector<network::LayerSpec> specs = shapes::layer_specs(*c.table);
  if (c.unfused) specs = network::unfuse(specs);
  return NetworkFixture::create(specs, c.table->input, c.isa, c.threads, c.machine);
}

/// Multiply-adds as the table counts them, that is without pooling.
std::int64_t op_count(const network::Network& network) {
  std::int64_t count = 0;
  for (const network::Layer& layer : network.layers()) {
    if (layer.spec.op != network::Op::kGlobalAveragePool) count += layer.plan.op_count();
  }
  return count;
}

/// The network that is measured; one at a time, so that the process holds no other.
struct Current {
  const Case* owner = nullptr;
  std::unique_ptr<NetworkFixture> fixture;
};

void run_case(benchmark::State& state, const Case& c, Current& current, Program& program) {
  if (current.owner != &c) {  // once; Google Benchmark calls this several times a benchmark
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
  const bool restarted = restart_peak_rss();  // the peak of a run, not that of packing the weights
  const Laps laps = measure(state, [&] { fixture.run(); });
  report_memory(state, fixture.network(), restarted ? peak_rss() : 0);

  const auto multiply_adds = static_cast<double>(c.table->multiply_adds);
  const double peak = program.peak(c.isa, c.threads);
  report_speed(state, laps, multiply_adds, peak);
  state.counters["min_ms"] = laps.minimum() * 1e3;
  state.counters["median_ms"] = laps.median() * 1e3;
  if (peak > 0.0) {
    const double limit = 2.0 * multiply_adds / peak;
    state.counters["fma_limit_ms"] = limit * 1e3;
    state.counters["time/limit"] = laps.minimum() / limit;
  }
}

/// body(case, its name, its fixture) for each case; the exit code.
template <class Body>
int for_each_case(const std::vector<Case>& cases, const Program& program, const Body& body) {
  for (const Case& c : cases) {
    const std::string name = name_of(c, program);
    Result<NetworkFixture> fixture = make_fixture(c);
    if (!fixture) {
      std::fprintf(stderr, "network_bench: %s: %s\n", name.c_str(), fixture.status().message());
      return 1;
    }
    body(c, name, *fixture);
  }
  return 0;
}

int explain(const std::vector<Case>& cases, const Program& program) {
  return for_each_case(cases, program, [](const Case&, const std::string& name, const NetworkFixture& fixture) {
    const network::Network& network = fixture.network();
    std::printf("%s: packed weights %zu, activations %zu, workspace %zu bytes\n", name.c_str(), network.packed_bytes(),
                network.activation_bytes(), network.workspace_bytes());
    for (const network::Layer& layer : network.layers()) {
      std::printf("  %-20s %s\n", layer.spec.name.c_str(), layer.plan.explain());
    }
  });
}

int print_layers(const std::vector<Case>& cases, const Program& program, const std::string& json_path) {
  constexpr int kRounds = 30;
  nlohmann::json document = nlohmann::json::array();
  const int failed =
      for_each_case(cases, program, [&](const Case& c, const std::string& name, NetworkFixture& fixture) {
        const std::vector<LayerTime> layers = time_layers(fixture, kRounds);
        const double peak = program.peak(c.isa, c.threads);
        print_layer_times(name, layers, peak);
        append_layer_times(document, c.table->name, c.isa, c.threads, peak, layers);
      });
  if (failed != 0 || json_path.empty()) return failed;
  std::ofstream file(json_path);
  file << document.dump(1) << '\n';
  if (file.flush()) return 0;
  std::fprintf(stderr, "network_bench: \"%s\" cannot be written\n", json_path.c_str());
  return 1;
}

int run_main(int argc, char** argv) {
  Program program("network_bench", "Times whole networks, batch 1, 224 x 224, random weights.",
                  {"--benchmark_min_time=1", "--benchmark_counters_tabular=true"});
  bool unfused = false, for_zen3 = false, explain_only = false, layers = false;
  std::string layers_json;
  program.add_flag("--unfused", unfused, "Run each block stage by stage; its name gets the suffix /unfused");
  program.add_flag("--zen3", for_zen3, "Plan for a core of Zen 3 instead of this machine: the same plans everywhere");
  program.add_flag("--explain", explain_only, "Print what plan() chose for each layer, and exit");
  program.add_flag("--layers", layers, "Print each layer's time in the network, and alone, and exit");
  program.add_option("--layers-json", layers_json, "Do as --layers, and write the times to this file");
  if (!program.parse(argc, argv)) return program.exit_code();

  std::vector<Case> cases;
  for (const shapes::Table& table : shapes::networks()) {
    for (const std::string& isa : program.isas()) {
      const MachineModel machine = for_zen3 ? zen3(isa) : MachineModel();
      for (const int threads : program.threads()) cases.push_back({&table, isa, threads, unfused, machine});
    }
  }
  if (explain_only) return explain(cases, program);
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
