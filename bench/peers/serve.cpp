#include "bench/peers/serve.hpp"

#include <chrono>
#include <exception>
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

json time_runs(const json& request, const std::function<void()>& run) {
  using Clock = std::chrono::steady_clock;
  for (int left = request.at("untimed").get<int>(); left > 0; --left) run();
  std::vector<double> seconds(request.at("count").get<std::size_t>());
  for (double& s : seconds) {
    const Clock::time_point begin = Clock::now();
    run();
    s = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  return {{"seconds", seconds}};
}

}  // namespace tandem::bench::peers
