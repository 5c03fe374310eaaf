// tandem_worker: Tandem as one of the engines of compare.py. It also prints the networks and measures the FMA peak and
// the bandwidths.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/fma_peak.hpp"
#include "bench/peers/about.hpp"
#include "bench/peers/describe_network.hpp"
#include "bench/peers/read_bandwidth.hpp"
#include "bench/peers/serve.hpp"
#include "classify/latency.hpp"
#include "classify/model.hpp"

namespace tandem::bench::peers {
namespace {

using nlohmann::json;

/// A network, its input and its output.
class Engine {
 public:
  Engine(const std::string& path, int threads, const char* isa)
      : model_(classify::load_model(path)),
        network_(classify::create_network(model_, threads, isa)),
        output_(model_.classes) {
    if (classify::threads_of(network_) < threads) throw std::invalid_argument("this build has no threads of its own");
  }

  void run() {
    const Status status = network_.run(model_.tensors.tensor("input").values.data, output_.data());
    if (!status.ok()) throw std::runtime_error(status.message());
  }
  [[nodiscard]] const std::vector<float>& output() const { return output_; }

 private:
  classify::Model model_;
  network::Network network_;
  std::vector<float> output_;
};

void print_networks() {
  json networks = json::array();
  for (const shapes::Table& table : shapes::networks()) {
    if (can_be_described(table)) networks.push_back(describe_network(table));
  }
  std::cout << networks << std::endl;
}

json bandwidths(const std::string& isa) {
  json levels = json::array();
  for (const MemoryLevel& level : measure_read_bandwidths(isa)) {
    levels.push_back({{"level", level.name}, {"bytes", level.bytes}, {"bytes_per_second", level.bytes_per_second}});
  }
  return {{"levels", levels}};
}

void answer_requests(const std::string& isa) {
  std::unique_ptr<Engine> engine;
  const auto loaded = [&]() -> Engine& {
    if (engine == nullptr) throw std::logic_error("no model is loaded");
    return *engine;
  };
  serve({
      {"load",
       [&](const json& request) -> json {
         engine = std::make_unique<Engine>(request.at("folder").get<std::string>() + "/model.safetensors",
                                           request.at("threads").get<int>(), isa.c_str());
         return {{"version", version()}, {"isa", isa}, {"compiler", kCompiler}};
       }},
      {"run", [&](const json& request) { return time_runs(request, [&] { loaded().run(); }); }},
      {"output", [&](const json& request) { return answer_output(request, loaded().output()); }},
      {"peak",
       [&](const json& request) -> json {
         return {{"flops_per_second", 1e9 * measure_fma_peak(isa, request.at("threads").get<int>())}};
       }},
      {"bandwidths", [&](const json&) { return bandwidths(isa); }},
  });
}

int run_main(int argc, char** argv) {
  bool networks = false;
  CLI::App app("Runs networks for bench/peers/compare.py, which talks to it through pipes.", "tandem_worker");
  app.add_flag("--networks", networks, "Print the networks as JSON, and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  const Result<const char*> isa = select_isa();
  if (!isa) return fail("tandem_worker", isa.status().message());
  if (networks) {
    print_networks();
  } else {
    answer_requests(*isa);
  }
  return 0;
}

}  // namespace
}  // namespace tandem::bench::peers

int main(int argc, char** argv) { return tandem::bench::peers::run_main(argc, argv); }
