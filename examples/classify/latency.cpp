#include "classify/latency.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "classify/error.hpp"

namespace classify {

Latency measure_latency(network::Network& network, std::span<const float> input, int runs) {
  using Clock = std::chrono::steady_clock;
  constexpr int kWarmUp = 5;
  std::vector<float> output(static_cast<std::size_t>(network.output_shape().elements()));
  std::vector<double> seconds;
  for (int i = -kWarmUp; i < runs; ++i) {
    const Clock::time_point begin = Clock::now();
    const tandem::Status status = network.run(input.data(), output.data());
    const Clock::time_point end = Clock::now();
    if (!status.ok()) throw Error(status.message());
    if (i >= 0) seconds.push_back(std::chrono::duration<double>(end - begin).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds.front(), seconds[seconds.size() / 2]};
}

int threads_of(const network::Network& network) {
  int threads = 1;
  for (const network::Layer& layer : network.layers()) threads = std::max(threads, layer.plan.threads());
  return threads;
}

}  // namespace classify
