// onednn_worker: oneDNN as one of the engines of compare.py.
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>
#include <string>

#include "bench/peers/onednn_network.hpp"
#include "bench/peers/serve.hpp"
#include "classify/model.hpp"

namespace tandem::bench::peers {
namespace {

using nlohmann::json;

void answer_requests() {
  std::unique_ptr<OneDnnNetwork> network;
  const auto loaded = [&]() -> OneDnnNetwork& {
    if (network == nullptr) throw std::logic_error("no model is loaded");
    return *network;
  };
  serve({
      {"load",
       [&](const json& request) -> json {
         const classify::Model model =
             classify::load_model(request.at("folder").get<std::string>() + "/model.safetensors");
         network = std::make_unique<OneDnnNetwork>(model, wants_int8(request), request.at("threads").get<int>());
         const dnnl_version_t* v = dnnl_version();
         return {
             {"version", std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch)}};
       }},
      {"run", [&](const json& request) { return time_runs(request, [&] { loaded().run(); }); }},
      {"output", [&](const json&) -> json { return {{"output", loaded().output()}}; }},
  });
}

}  // namespace
}  // namespace tandem::bench::peers

int main() {
  tandem::bench::peers::answer_requests();
  return 0;
}
