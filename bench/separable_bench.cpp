// How much of the theory's speed-up arrives, the question that Tandem exists for. Each block of MobileNet V1 runs as a
// separable convolution and as the regular 3 x 3 convolution that it replaces, in turn:
// separable/<network>/<block>/f32/<isa>/threads:<n>.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/laps.hpp"
#include "bench/common/network_fixture.hpp"
#include "bench/common/program.hpp"
#include "bench/common/report.hpp"
#include "bench/shapes/mobilenet_v1.hpp"
#include "bench/shapes/networks.hpp"

namespace tandem::bench {
namespace {

struct Case {
  shapes::PlacedLayer block;
  std::string isa;
  int threads;
  bool unfused;
};

/// Both forms of one block.
struct Pair {
  NetworkFixture regular;
  NetworkFixture separable;
};

/// The regular convolution with the same input and output tensors.
network::LayerSpec regular_form(const network::LayerSpec& block) {
  network::LayerSpec regular = block;
  regular.op = network::Op::kConv2d;
  return regular;
}

Result<std::unique_ptr<Pair>> make_pair(const Case& c) {
  std::vector<network::LayerSpec> separable = {c.block.spec};
  if (c.unfused) separable = network::unfuse(separable);
  Result<NetworkFixture> r = NetworkFixture::create({regular_form(c.block.spec)}, c.block.input, {c.isa, c.threads});
  if (!r) return r.status();
  Result<NetworkFixture> s = NetworkFixture::create(separable, c.block.input, {c.isa, c.threads});
  if (!s) return s.status();
  return std::make_unique<Pair>(Pair{*std::move(r), *std::move(s)});
}

void run_case(benchmark::State& state, const Case& c, std::unique_ptr<Pair>& pair, Program& program) {
  if (pair == nullptr) {  // once; Google Benchmark calls this several times per benchmark
    Result<std::unique_ptr<Pair>> made = make_pair(c);
    if (!made) return program.skip(state, made.status().message());
    pair = *std::move(made);
  }

  const auto run_regular = [&] { pair->regular.run(); };
  const auto run_separable = [&] { pair->separable.run(); };
  Laps regular(static_cast<std::size_t>(state.max_iterations));
  Laps separable(static_cast<std::size_t>(state.max_iterations));
  // Untimed runs: the other form has left its own data in the caches, and L3 needs several runs to keep the data that
  // does not fit L2.
  constexpr int kWarmUps = 4;
  for ([[maybe_unused]] auto _ : state) {  // in turn, so that a slow minute of the machine slows both
    for (int i = 0; i < kWarmUps; ++i) run_regular();
    regular.time(run_regular);
    for (int i = 0; i < kWarmUps; ++i) run_separable();
    separable.time(run_separable);
  }

  const auto regular_adds = static_cast<double>(pair->regular.network().op_count());
  const auto separable_adds = static_cast<double>(pair->separable.network().op_count());
  const double peak = program.peak(c.isa, c.threads);
  report_speed(state, separable, separable_adds, peak);
  const network::LayerSpec& spec = c.block.spec;
  const double theory = 1.0 / cost::separable_ratio(spec.kernel, spec.kernel, spec.out_channels);
  const double measured = regular.minimum() / separable.minimum();
  state.counters["theory"] = theory;
  state.counters["measured"] = measured;
  state.counters["measured/theory"] = measured / theory;
  state.counters["separable_us"] = separable.minimum() * 1e6;
  state.counters["regular_us"] = regular.minimum() * 1e6;
  if (peak > 0.0) state.counters["regular_peak_fraction"] = 2.0 * regular_adds / regular.minimum() / peak;
}

int run_main(int argc, char** argv) {
  Program program("separable_bench", "Times MobileNet V1's separable blocks against regular convolutions.",
                  {"--benchmark_min_time=0.5", "--benchmark_counters_tabular=true"});
  bool unfused = false;
  program.add_flag("--unfused", unfused, "Run the block as two operators; its name gets the suffix /unfused");
  if (!program.parse(argc, argv)) return program.exit_code();

  const shapes::Table& table = shapes::kMobilenetV1;
  for (const shapes::PlacedLayer& block : shapes::distinct_layers(shapes::layer_specs(table), table.input)) {
    if (block.spec.op != network::Op::kSeparable) continue;
    for (const std::string& isa : program.isas()) {
      for (const int threads : program.threads()) {
        const Case c = {block, isa, threads, unfused};
        const std::string name = std::string("separable/") + table.name + "/" + block.spec.name + "/f32/" + isa +
                                 "/threads:" + std::to_string(threads) + (unfused ? "/unfused" : "");
        const auto pair = std::make_shared<std::unique_ptr<Pair>>();
        const auto body = [c, pair, &program](benchmark::State& state) { run_case(state, c, *pair, program); };
        add_statistics(benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMillisecond));
      }
    }
  }
  return program.run();
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
