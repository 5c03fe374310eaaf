#include "bench/peers/serve.hpp"

#include <chrono>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <vector>

namespace tandem::bench::peers {
namespace {

using nlohmann::json;

json answer(const Handlers& handlers, const std::string& line) {
  try {
    const json request = json::parse(line);
    const auto command = request.at("command").get<std::string>();
    const auto handler = handlers.find(command);
    if (handler == handlers.end()) throw std::invalid_argument("unknown command " + command);
    return handler->second(request);
  } catch (const std::exception& error) {
    return {{"error", error.what()}};
  }
}

}  // namespace

void serve(const Handlers& handlers) {
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(handlers, line) << std::endl;
}

bool wants_int8(const json& request) {
  const std::string type = request.value("type", "fp32");
  if (type != "fp32" && type != "int8") throw std::invalid_argument("unknown type " + type);
  return type == "int8";
}

json time_runs(const json& request, const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  for (int left = request.at("untimed").get<int>(); left > 0; --left) run();
  const int runs = request.value("runs", 1);
  std::vector<double> seconds(request.at("count").get<std::size_t>());
  for (double& s : seconds) {
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < runs; ++i) run();
    s = std::chrono::duration<double>(Clock::now() - begin).count() / runs;
  }
  return {{"seconds", seconds}};
}

json answer_output(const json& request, std::span<const float> values) {
  if (!request.contains("file")) return {{"output", std::vector<float>(values.begin(), values.end())}};
  const auto path = request.at("file").get<std::string>();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
  if (!file.flush()) throw std::runtime_error("\"" + path + "\" cannot be written");
  return {{"elements", values.size()}};
}

}  // namespace tandem::bench::peers
