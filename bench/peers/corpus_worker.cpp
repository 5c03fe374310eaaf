// corpus_worker: Tandem as one of the engines of corpus.py. It also prints the corpus and measures the FMA peak.
#include <CLI/CLI.hpp>
#include <cstring>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/corpus/corpus.hpp"
#include "bench/fma_peak.hpp"
#include "bench/peers/about.hpp"
#include "bench/peers/serve.hpp"
#include "classify/safetensors.hpp"
#include "network/aligned_buffer.hpp"

namespace tandem::bench::peers {
namespace {

using nlohmann::json;

struct Options {
  bool layers = false;
  std::string corpus, filter;
};

/// The value, or the status as an exception, which serve() answers with.
template <class T>
T expect(const Result<T>& result) {
  if (!result) throw std::runtime_error(result.status().message());
  return *result;
}

Plan plan_layer(const corpus::Layer& layer, const classify::Safetensors& tensors, int threads, const std::string& isa) {
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  const Operator op = expect(
      corpus::make_operator(layer, tensors.tensor("filter").values, tensors.tensor("bias").values, create_options));
  PlanOptions plan_options;
  plan_options.threads = threads;
  return expect(op.plan(layer.input(), plan_options));
}

/// The ISA that a request names; an empty name stands for TANDEM_ISA's, else the fastest.
std::string requested_isa(const json& request) {
  const auto name = request.at("isa").get<std::string>();
  return expect(select_isa(name.empty() ? nullptr : name.c_str()));
}

network::AlignedBytes allocate_floats(const Shape& shape) {
  return network::allocate_aligned(static_cast<std::size_t>(shape.elements()) * sizeof(float));
}

/// A layer, its input and its output.
class Engine {
 public:
  Engine(const corpus::Layer& layer, const classify::Safetensors& tensors, int threads, const std::string& isa)
      : plan_(plan_layer(layer, tensors, threads, isa)),
        src_(allocate_floats(plan_.input_shape())),
        dst_(allocate_floats(plan_.output_shape())),
        workspace_(network::allocate_aligned(plan_.workspace_bytes())) {
    const FloatSpan input = tensors.tensor("input").values;
    if (static_cast<std::int64_t>(input.size) != plan_.input_shape().elements()) {
      throw std::invalid_argument("the input has another size than the layer's");
    }
    std::memcpy(src_.get(), input.data, input.size * sizeof(float));
  }

  void run() {
    const Status status = plan_.run({src_.get(), dst_.get(), nullptr, workspace_.get()});
    if (!status.ok()) throw std::runtime_error(status.message());
  }
  [[nodiscard]] std::span<const float> output() const {
    return {reinterpret_cast<const float*>(dst_.get()), static_cast<std::size_t>(plan_.output_shape().elements())};
  }
  [[nodiscard]] json about() const {
    const PlanReport& r = plan_.report();
    return {{"version", version()},
            {"compiler", kCompiler},
            {"isa", r.isa},
            {"kernel", r.kernel == nullptr ? "" : r.kernel},
            {"plan", plan_.explain()},
            {"predicted_seconds", r.predicted_seconds}};
  }

 private:
  Plan plan_;
  network::AlignedBytes src_, dst_, workspace_;
};

void answer_requests() {
  std::unique_ptr<Engine> engine;
  const auto loaded = [&]() -> Engine& {
    if (engine == nullptr) throw std::logic_error("no layer is loaded");
    return *engine;
  };
  serve({
      {"load",
       [&](const json& request) {
         const auto tensors =
             classify::Safetensors::read(request.at("folder").get<std::string>() + "/model.safetensors");
         engine = std::make_unique<Engine>(corpus::parse_layer(request.at("layer")), tensors,
                                           request.at("threads").get<int>(), requested_isa(request));
         return engine->about();
       }},
      {"run", [&](const json& request) { return time_runs(request, [&] { loaded().run(); }); }},
      {"output", [&](const json& request) { return answer_output(request, loaded().output()); }},
      {"peak",
       [&](const json& request) -> json {
         const double gflops = measure_fma_peak(requested_isa(request), request.at("threads").get<int>());
         return {{"flops_per_second", 1e9 * gflops}};
       }},
  });
}

int print_layers(const Options& options) {
  const Result<std::vector<corpus::Layer>> layers = corpus::load(options.corpus);
  if (!layers) return fail("corpus_worker", layers.status().message());
  json document = json::array();
  for (const corpus::Layer& layer : corpus::select(*layers, options.filter)) document.push_back(to_json(layer));
  std::cout << document << std::endl;
  return 0;
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app("Runs layers for bench/peers/corpus.py, which talks to it through pipes.", "corpus_worker");
  app.add_flag("--layers", options.layers, "Print the layers as JSON, and exit");
  app.add_option("--corpus", options.corpus, "Another layers.json");
  app.add_option("--filter", options.filter, "Only layers with this in their name, kind or network");
  CLI11_PARSE(app, argc, argv);
  const Result<const char*> isa = select_isa();
  if (!isa) return fail("corpus_worker", isa.status().message());
  if (options.layers) return print_layers(options);
  answer_requests();
  return 0;
}

}  // namespace
}  // namespace tandem::bench::peers

int main(int argc, char** argv) { return tandem::bench::peers::run_main(argc, argv); }
