// corpus_worker: Tandem as one of the engines of corpus.py. It also prints the corpus and measures the peaks.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
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

/// Tensors of a file of fp32 as the integers that they hold.
template <class T>
std::vector<T> integers(const FloatSpan& values) {
  std::vector<T> all(values.size);
  std::transform(values.data, values.data + values.size, all.begin(), [](float v) { return static_cast<T>(v); });
  return all;
}

TensorType type_of(const json& t) {
  return {DataType::kU8, {t.at("scale").get<float>(), t.at("zero_point").get<std::int32_t>()}};
}

Operator make_quantised(const corpus::Layer& layer, const classify::Safetensors& tensors,
                        const CreateOptions& options) {
  const json types = json::parse(tensors.metadata("tandem.quantised"));
  const auto filter = integers<std::int8_t>(tensors.tensor("filter").values);
  const auto bias = integers<std::int32_t>(tensors.tensor("bias").values);
  const Weights weights({DataType::kS8, filter.data(), filter.size()}, FilterLayout::kOihw,
                        {DataType::kS32, bias.data(), bias.size()}, tensors.tensor("scales").values);
  return expect(corpus::make_operator(layer, weights, type_of(types.at("src")), type_of(types.at("dst")), options));
}

Plan plan_layer(const corpus::Layer& layer, const classify::Safetensors& tensors, bool int8, int threads,
                const std::string& isa) {
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  const Operator op = int8 ? make_quantised(layer, tensors, create_options)
                           : expect(corpus::make_operator(layer, tensors.tensor("filter").values,
                                                          tensors.tensor("bias").values, create_options));
  PlanOptions plan_options;
  plan_options.threads = threads;
  return expect(op.plan(layer.input(), plan_options));
}

/// The ISA that a request names; an empty name stands for TANDEM_ISA's, else the fastest.
std::string requested_isa(const json& request) {
  const auto name = request.at("isa").get<std::string>();
  return expect(select_isa(name.empty() ? nullptr : name.c_str()));
}

network::AlignedBytes allocate(const Shape& shape, DataType type) {
  return network::allocate_aligned(static_cast<std::size_t>(shape.elements()) * element_bytes(type));
}

/// A layer, its input and its output.
class Engine {
 public:
  Engine(const corpus::Layer& layer, const classify::Safetensors& tensors, bool int8, int threads,
         const std::string& isa)
      : plan_(plan_layer(layer, tensors, int8, threads, isa)),
        type_(int8 ? DataType::kU8 : DataType::kF32),
        src_(allocate(plan_.input_shape(), type_)),
        dst_(allocate(plan_.output_shape(), type_)),
        workspace_(network::allocate_aligned(plan_.workspace_bytes())) {
    const FloatSpan input = tensors.tensor("input").values;
    if (static_cast<std::int64_t>(input.size) != plan_.input_shape().elements()) {
      throw std::invalid_argument("the input has another size than the layer's");
    }
    if (int8) {
      std::memcpy(src_.get(), integers<std::uint8_t>(input).data(), input.size);
    } else {
      std::memcpy(src_.get(), input.data, input.size * sizeof(float));
    }
  }

  void run() {
    const Status status = plan_.run({src_.get(), dst_.get(), nullptr, workspace_.get()});
    if (!status.ok()) throw std::runtime_error(status.message());
  }
  /// As fp32, integers too.
  [[nodiscard]] std::vector<float> output() const {
    const auto count = static_cast<std::size_t>(plan_.output_shape().elements());
    if (type_ == DataType::kU8) {
      const auto* const bytes = reinterpret_cast<const std::uint8_t*>(dst_.get());
      return {bytes, bytes + count};
    }
    const auto* const floats = reinterpret_cast<const float*>(dst_.get());
    return {floats, floats + count};
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
  DataType type_;  // of both tensors
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
         engine = std::make_unique<Engine>(corpus::parse_layer(request.at("layer")), tensors, wants_int8(request),
                                           request.at("threads").get<int>(), requested_isa(request));
         return engine->about();
       }},
      {"run", [&](const json& request) { return time_runs(request, [&] { loaded().run(); }); }},
      {"output", [&](const json& request) { return answer_output(request, loaded().output()); }},
      {"peak",
       [&](const json& request) -> json {
         const auto measure_peak = wants_int8(request) ? measure_dot_peak : measure_fma_peak;
         return {{"flops_per_second", 1e9 * measure_peak(requested_isa(request), request.at("threads").get<int>())}};
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
