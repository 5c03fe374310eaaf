// tandem_worker: Tandem as one of the engines of compare.py, in fp32 and in int8. It also prints the networks, describes the
// quantised one, and measures the peaks and the bandwidths.
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
#include "bench/peers/describe_quantised.hpp"
#include "bench/peers/read_bandwidth.hpp"
#include "bench/peers/serve.hpp"
#include "classify/latency.hpp"
#include "classify/model.hpp"

namespace tandem::bench::peers {
namespace {

using nlohmann::json;

/// What a quantised network is calibrated on: the picture.
std::vector<std::vector<float>> inputs_of(const classify::Model& model) {
  const FloatSpan& picture = model.tensors.tensor("input").values;
  return {std::vector<float>(picture.data, picture.data + picture.size)};
}

network::Network create_network(const classify::Model& model, bool int8, int threads, const char* isa) {
  return int8 ? classify::create_quantised_network(model, inputs_of(model), threads, isa)
              : classify::create_network(model, threads, isa);
}

/// A network, its input and its output.
class Engine {
 public:
  Engine(const std::string& path, bool int8, int threads, const char* isa)
      : model_(classify::load_model(path)),
        network_(create_network(model_, int8, threads, isa)),
        output_(model_.classes) {
    if (classify::threads_of(network_) < threads) throw std::invalid_argument("this build has no threads of its own");
  }

  void run() {
    const Status status = network_.run(model_.tensors.tensor("input").values.data, output_.data());
    if (!status.ok()) throw std::runtime_error(status.message());
  }
  [[nodiscard]] const std::vector<float>& output() const { return output_; }
  void describe(const std::string& path, const char* isa) const {
    write_quantised(classify::quantise(model_, inputs_of(model_), 1, isa), classify::weights_of(model_), path);
  }

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
                                           wants_int8(request), request.at("threads").get<int>(), isa.c_str());
         return {{"version", version()}, {"isa", isa}, {"compiler", kCompiler}};
       }},
      {"run", [&](const json& request) { return time_runs(request, [&] { loaded().run(); }); }},
      {"output", [&](const json& request) { return answer_output(request, loaded().output()); }},
      {"describe",
       [&](const json& request) -> json {
         loaded().describe(request.at("file").get<std::string>(), isa.c_str());
         return json::object();
       }},
      {"peak",
       [&](const json& request) -> json {
         const auto measure = wants_int8(request) ? measure_dot_peak : measure_fma_peak;
         return {{"flops_per_second", 1e9 * measure(isa, request.at("threads").get<int>())}};
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
